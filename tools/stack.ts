// `npm run stack` starts the daemon with Debian's Prometheus and Alertmanager, our rules, and the mirrors of the demo.
// The preferred mirror is slow for a while every few minutes. All ports and files are temporary; Ctrl-C stops and
// removes everything. It is docker-compose.yml without containers, and without Grafana, which Debian does not have. `--
// --places 3` starts three places with different faults, Debian's Prometheus and VictoriaMetrics, and the page of all
// places.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { go } from '../src/ecosystems/go/go.ts';
import { type DemoMirror, type DemoReceived, startDemoMirror, startDemoReceiver } from '../src/features/demo/mirror.ts';
import { createScratchFolder } from '../src/io/store-copy.ts';
import { type ChildPlan, findCommand, startChild } from './stack-child.ts';
import { alertmanagerFile, daemonFile, prometheusFile, root, ruleFilesIn } from './stack-files.ts';
import { placesMax, type Stage, startPlaces } from './stack-places.ts';

const goDemo = await go.demo();

const slowByMs = 900;
const slowFirstMs = 60_000;
const slowForMs = 90_000;
const slowEveryMs = 300_000;

/** The clean-up actions at the end. The last one added runs first. */
const undo: (() => void | Promise<void>)[] = [];
let isEnding = false;
let interrupt: (why: string | null) => void = () => undefined;
/** Resolves when the stack must end: with `null` on a signal, else with the text of an error. */
const end = new Promise<string | null>((resolve) => {
  interrupt = (why) => {
    isEnding = true;
    resolve(why);
  };
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

async function kept(starting: Promise<DemoMirror>): Promise<DemoMirror> {
  const mirror = await starting;
  undo.push(() => mirror.close());
  return mirror;
}

async function startMirrors(): Promise<{ readonly near: string; readonly far: string }> {
  const near = await kept(startDemoMirror(goDemo.respond, 25));
  const far = await kept(startDemoMirror(goDemo.respond, 70));
  const slow = (): void => {
    say(`mirror near now answers ${slowByMs} ms later, for ${slowForMs / 1000} s`);
    near.fault.slowMs = slowByMs;
    setTimeout(() => {
      near.fault.slowMs = 0;
    }, slowForMs).unref();
  };
  setTimeout(slow, slowFirstMs).unref();
  setInterval(slow, slowEveryMs).unref();
  return { near: near.url, far: far.url };
}

function tellPeople({ body }: DemoReceived): void {
  type Alert = { status: string; labels: Record<string, string>; annotations: Record<string, string> };
  const { alerts } = JSON.parse(body) as { alerts: readonly Alert[] };
  for (const { status, labels, annotations } of alerts)
    say(`alert ${status}: ${labels['alertname']}: ${annotations['summary'] ?? ''}`);
}

async function start(plan: ChildPlan): Promise<void> {
  if (isEnding) throw new Error('interrupted');
  const child = startChild(plan);
  undo.push(() => child.stop());
  void child.ended.then(interrupt);
  await child.ready();
}

function openStage(): Stage {
  const scratch = createScratchFolder('mirrorwatch-stack-');
  undo.push(() => scratch.remove());
  const folder = scratch.path;
  return {
    folder,
    token: randomBytes(24).toString('base64url'),
    file(name, text) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    },
    freeAddress,
    mirror: kept,
    start: (plan) => start({ ...plan, folder }),
    say,
  };
}

async function startOne(
  { file, folder, start, token }: Stage,
  { prometheus, alertmanager }: { readonly prometheus: string; readonly alertmanager: string },
): Promise<void> {
  const mirrors = await startMirrors();
  const people = await startDemoReceiver(tellPeople);
  undo.push(() => people.close());
  const daemon = { vantage: 'stack', address: await freeAddress(), mirrors };
  const at = { prometheus: await freeAddress(), alertmanager: await freeAddress() };

  const daemonConfig = file('mirrorwatch.yaml', daemonFile(daemon, join(folder, 'mirrorwatch.db'), token));
  await start({
    name: 'mirrorwatch',
    command: process.execPath,
    args: [join(root, 'src/main.ts'), 'run', '--config', daemonConfig, '--log-level', 'warn'],
    readyUrl: `http://${daemon.address}/-/ready`,
  });
  await start({
    name: 'alertmanager',
    command: alertmanager,
    args: [
      `--config.file=${file('alertmanager.yml', alertmanagerFile(daemon, people.url, token))}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=${at.alertmanager}`,
      '--cluster.listen-address=',
    ],
    readyUrl: `http://${at.alertmanager}/-/ready`,
  });
  await start({
    name: 'prometheus',
    command: prometheus,
    args: [
      `--config.file=${file('prometheus.yml', prometheusFile([daemon], ruleFilesIn(), at))}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=${at.prometheus}`,
      '--enable-feature=exemplar-storage',
    ],
    readyUrl: `http://${at.prometheus}/-/ready`,
  });
  say(`mirrorwatch   http://${daemon.address}/    metrics at /metrics`);
  say(`prometheus    http://${at.prometheus}/alerts`);
  say(`alertmanager  http://${at.alertmanager}/`);
  say(`logs          ${folder}/*.log`);
  say(`the preferred mirror gets slow in ${slowFirstMs / 1000} s; alerts are told here; Ctrl-C ends it`);
}

async function main(): Promise<number> {
  const wanted = readPlaces();
  if (wanted === null) {
    process.stderr.write(`stack: --places takes a number up to ${placesMax}\n`);
    return 2;
  }
  const [name, command] =
    wanted === 1 ? ['Alertmanager', 'prometheus-alertmanager'] : ['VictoriaMetrics', 'victoria-metrics'];
  const [prometheus, other] = [findCommand('prometheus'), findCommand(command)];
  if (prometheus === null || other === null) {
    process.stderr.write(`stack: needs Prometheus and ${name}: apt install prometheus ${command}\n`);
    return 2;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt(null));
  const starting = async (): Promise<void> =>
    wanted === 1
      ? startOne(openStage(), { prometheus, alertmanager: other })
      : startPlaces(openStage(), wanted, { prometheus, victoria: other });
  const started = starting().catch((cause: unknown) => {
    interrupt(cause instanceof Error ? cause.message : String(cause));
  });
  const trouble = await end;
  await undoAll();
  // The start-up ends soon, because the programs that it waits for are stopped. What it has started meanwhile is then
  // stopped too.
  await started;
  await undoAll();
  if (trouble !== null) process.stderr.write(`stack: ${trouble}\n`);
  else say('stopped');
  return trouble === null ? 0 : 1;
}

/** The wanted number of places; `null`: not a number from 1 to `placesMax`. */
function readPlaces(): number | null {
  const { places = '1' } = parseArgs({ options: { places: { type: 'string' } } }).values;
  const count = Number(places);
  return Number.isInteger(count) && count >= 1 && count <= placesMax ? count : null;
}

async function undoAll(): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) await step();
}

process.exitCode = await main();
