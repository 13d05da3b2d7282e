import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNginx } from '../test/support/nginx.ts';
import { commandPath, removeTempDir, repoDir, tempDir } from '../test/support/paths.ts';
import { until } from '../test/support/patience.ts';
import { freePort } from '../test/support/ports.ts';
import { run } from '../test/support/process.ts';
import { isCalm, watchOthers } from './disturbance.ts';
import { moduleTree, NoFigures } from './no-figures.ts';
import { childPids, cpuMsOf } from './process-cpu.ts';
import type { Progress } from './progress.ts';
import { quantile, type Spread, spreadOf } from './statistics.ts';
import { type Target, target } from './targets.ts';

/** What one server did with redirects. */
export interface DoorRow {
  /** Redirects a second while every connection sends its next request at once. */
  readonly perSecond: Spread;
  /** CPU time of the server for each of them, microseconds: what others do on the machine moves it least. */
  readonly cpuUs: Spread;
  /** At `paced` requests a second: milliseconds from a request to its response. */
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

/** The front door beside nginx's `return 302`, each on the same core, in turns. */
export interface DoorReport {
  readonly rounds: number;
  readonly connections: number;
  readonly paced: number;
  readonly door: DoorRow;
  readonly nginx: DoorRow;
  readonly othersCores: number;
  readonly calm: boolean;
}

const perSecondMin = 5_000;
const addedMsMax = 2;
const connections = 32;
const path = '/go/rsc.io/quote/@v/v1.5.2.mod';
const requestText = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\naccept-encoding: gzip\r\n\r\n`;
/** The servers have the first core, whoever asks them the others. */
const serverCore = '0';

/** How many redirects a second one core gives, and how long each takes. */
export async function door(quick: boolean, progress: Progress): Promise<DoorReport> {
  const dir = tempDir('bench-door');
  const closers: (() => unknown)[] = [() => removeTempDir(dir)];
  try {
    const before = new Set(childPids());
    const nginx = await startNginx({
      root: moduleTree(),
      extra: `keepalive_requests 100000000;\n    location /go/ { return 302 http://127.0.0.1:9$request_uri; }`,
    });
    closers.push(nginx.close);
    const nginxPids = childPids().filter((one) => !before.has(one));
    const port = await startDoor(dir, closers);
    const doorPids = childPids().filter((one) => !before.has(one) && !nginxPids.includes(one));
    for (const pid of [...nginxPids, ...doorPids]) await run(commandPath('taskset'), ['-acp', serverCore, `${pid}`]);
    const askFrom = (cores: string) => run(commandPath('taskset'), ['-acp', cores, `${process.pid}`]);
    const last = availableParallelism() - 1;
    await askFrom(last < 1 ? serverCore : `1-${last}`);
    closers.push(() => askFrom(`0-${last}`));
    const servers = {
      door: { port, pids: doorPids },
      nginx: { port: nginx.httpPort, pids: nginxPids },
    };
    return await measured(servers, quick, progress);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function startDoor(dir: string, closers: (() => unknown)[]): Promise<number> {
  const port = await freePort();
  const file = join(dir, 'mirrorwatch.yaml');
  writeFileSync(
    file,
    `listen: 127.0.0.1:9
mirrors: [ { name: a, ecosystem: go, url: "http://127.0.0.1:9" }, { name: b, ecosystem: go, url: "http://127.0.0.1:10" } ]
controls: [ "tcp://127.0.0.1:9" ]
modules: { go: [ rsc.io/quote@v1.5.2 ] }
door: { listen: "127.0.0.1:${port}", perMinute: 100000000 }
`,
  );
  // Its access log goes to a file, as it would under systemd.
  const log = openSync(join(dir, 'door.log'), 'a');
  const args = [join(repoDir, 'src', 'main.ts'), 'door', '--config', file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', log], cwd: dir });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  closers.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  await until(
    'the door is open',
    () =>
      fetch(`http://127.0.0.1:${port}/-/ready`).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
  );
  return port;
}

async function measured(
  servers: Readonly<Record<'door' | 'nginx', { readonly port: number; readonly pids: readonly number[] }>>,
  quick: boolean,
  progress: Progress,
): Promise<DoorReport> {
  const rounds = quick ? 3 : 5;
  const forMs = quick ? 2_000 : 5_000;
  const rows = { door: newRow(), nginx: newRow() };
  const watch = watchOthers();
  // One round that counts for nobody: what is compiled late is compiled then.
  for (let round = -1; round < rounds; round += 1)
    for (const who of ['nginx', 'door'] as const) {
      progress.say(`door: ${who}, round ${round + 1} of ${rounds}`);
      const { port, pids } = servers[who];
      const cpuMs = (): number => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
      const beforeMs = cpuMs();
      const full = await load(port, null, forMs);
      const spentMs = cpuMs() - beforeMs;
      const paced = await load(port, perSecondMin, forMs);
      if (round < 0) continue;
      rows[who].perSecond.push(full.length / (forMs / 1_000));
      rows[who].cpuUs.push((spentMs * 1_000) / full.length);
      rows[who].p50Ms.push(quantile(paced, 0.5));
      rows[who].p99Ms.push(quantile(paced, 0.99));
    }
  const others = watch();
  const spread = (row: ReturnType<typeof newRow>): DoorRow => ({
    perSecond: spreadOf(row.perSecond),
    cpuUs: spreadOf(row.cpuUs),
    p50Ms: spreadOf(row.p50Ms),
    p99Ms: spreadOf(row.p99Ms),
  });
  const { othersCores } = others;
  const found = { door: spread(rows.door), nginx: spread(rows.nginx) };
  return { rounds, connections, paced: perSecondMin, ...found, othersCores, calm: isCalm(others) };
}

function newRow(): { perSecond: number[]; cpuUs: number[]; p50Ms: number[]; p99Ms: number[] } {
  return { perSecond: [], cpuUs: [], p50Ms: [], p99Ms: [] };
}

/**
 * Asks for redirects over kept connections, one request at a time on each.
 * @param perSecond  `null`: as many as come
 * @returns how long each response took, milliseconds
 * @throws NoFigures where something else than a redirect came
 */
async function load(port: number, perSecond: number | null, forMs: number): Promise<readonly number[]> {
  const took: number[] = [];
  const idle: Asker[] = [];
  const open = await Promise.all(Array.from({ length: connections }, () => openAsker(port)));
  let isOver = false;
  const send = (asker: Asker): void =>
    asker.ask((ms) => {
      if (isOver) return;
      took.push(ms);
      if (perSecond === null) send(asker);
      else idle.push(asker);
    });
  const fromMs = performance.now();
  if (perSecond === null) {
    for (const asker of open) send(asker);
    await sleep(forMs);
  } else {
    idle.push(...open);
    let sent = 0;
    for (let nowMs = fromMs; nowMs - fromMs < forMs; nowMs = performance.now()) {
      const due = Math.floor(((nowMs - fromMs) * perSecond) / 1_000);
      while (sent < due) {
        const asker = idle.shift();
        if (asker === undefined) break;
        send(asker);
        sent += 1;
      }
      await sleep(1);
    }
  }
  isOver = true;
  for (const asker of open) asker.close();
  const wrong = open.find(({ wrong: said }) => said() !== null)?.wrong();
  if (wrong != null) throw new NoFigures(`door: no redirect, but ${wrong}`);
  return took;
}

interface Asker {
  ask(done: (ms: number) => void): void;
  /** The first line of a response that was no redirect; `null`: none. */
  wrong(): string | null;
  close(): void;
}

function openAsker(port: number): Promise<Asker> {
  return new Promise((resolve, reject) => {
    let text = '';
    let atMs = 0;
    let answered: ((ms: number) => void) | null = null;
    let wrong: string | null = null;
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true }, () =>
      resolve({
        ask(done) {
          answered = done;
          atMs = performance.now();
          socket.write(requestText);
        },
        wrong: () => wrong,
        close: () => socket.destroy(),
      }),
    );
    socket.once('error', reject);
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      text += piece;
      const head = text.indexOf('\r\n\r\n');
      const length = head < 0 ? -1 : Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (head < 0 || text.length < head + 4 + length) return;
      if (!text.startsWith('HTTP/1.1 302 ')) wrong ??= text.split('\r\n', 1)[0] ?? '';
      text = '';
      answered?.(performance.now() - atMs);
    });
  });
}

/** How quick redirects were. */
export function doorLines({ rounds, door: own, nginx, paced, othersCores }: DoorReport): readonly string[] {
  const spread = ({ median, least, most }: Spread, digits: number): string =>
    `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
  const row = (name: string, { perSecond, cpuUs, p50Ms, p99Ms }: DoorRow): string =>
    `  ${name.padEnd(12)} ${spread(perSecond, 0)} a second, ${spread(cpuUs, 0)} µs of CPU each; at ${paced} a second p50 ${spread(p50Ms, 2)} ms, p99 ${spread(p99Ms, 2)} ms`;
  return [
    `Redirects on one core, ${connections} connections, ${rounds} rounds in turn: median (least–most)`,
    row('mirrorwatch', own),
    row('nginx', nginx),
    `others used ${othersCores.toFixed(2)} cores on average`,
  ];
}

/** Medians over the rounds decide. */
export function doorTargets({ door: own, nginx, calm }: DoorReport): readonly Target[] {
  const added = own.p99Ms.median - nginx.p99Ms.median;
  const rate = own.perSecond.median;
  return [
    target('redirects a second on one core', `≥ ${perSecondMin}`, rate.toFixed(0), rate >= perSecondMin, calm),
    target('added p99 of a redirect', `≤ ${addedMsMax} ms`, `${added.toFixed(2)} ms`, added <= addedMsMax, calm),
  ];
}
