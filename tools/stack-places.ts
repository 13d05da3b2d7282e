import { join } from 'node:path';
import { go } from '../src/ecosystems/go/go.ts';
import { type DemoMirror, startDemoMirror } from '../src/features/demo/mirror.ts';
import { defaultRuleParameters } from '../src/features/rules/parameters.ts';
import { renderRules } from '../src/features/rules/rules.ts';
import type { ChildPlan } from './stack-child.ts';
import { daemonFile, prometheusFile, root, type StackDaemon, scrapeFile } from './stack-files.ts';

const goDemo = await go.demo();

/** The tools for building a stack. Everything that they start is stopped at the end. */
export interface Stage {
  readonly folder: string;
  readonly token: string;
  /** Writes a file of this stack, and returns its path. */
  file(name: string, text: string): string;
  freeAddress(): Promise<string>;
  mirror(start: Promise<DemoMirror>): Promise<DemoMirror>;
  start(plan: Omit<ChildPlan, 'folder'>): Promise<void>;
  say(line: string): void;
}

/** By place: the round-trip times of its mirrors `near`, `far` and `third`, milliseconds. */
const known = { ams: [25, 70, 90], fra: [20, 60, 95], sgp: [180, 190, 60], bom: [120, 130, 110], iad: [80, 30, 75] };

/** The maximum number of places. */
export const placesMax: number = Object.keys(known).length;

const faultsAfterMs = 5000;
const slowByMs = 900;
const slowForMs = 90_000;
const slowEveryMs = 300_000;

/**
 * Starts places with different faults, a Prometheus and a VictoriaMetrics that scrape them, and the page of all places.
 * docker-compose.places.yml starts the same three places in containers.
 */
export async function startPlaces(
  stage: Stage,
  count: number,
  programs: { readonly prometheus: string; readonly victoria: string },
): Promise<void> {
  const { file, freeAddress, folder, say, start } = stage;
  const at = { prometheus: await freeAddress(), victoria: await freeAddress(), fleet: await freeAddress() };
  const daemons: StackDaemon[] = [];
  const mirrors = new Map<string, DemoMirror>();
  for (const [vantage, times] of Object.entries(known).slice(0, count)) {
    const urls: Record<string, string> = {};
    for (const [index, name] of ['near', 'far', 'third'].entries()) {
      const mirror = await stage.mirror(startDemoMirror(goDemo.respond, times[index] ?? 0));
      mirrors.set(`${vantage} ${name}`, mirror);
      urls[name] = mirror.url;
    }
    const address = await freeAddress();
    const labels = { group: 'demo', network: vantage, page: `http://${address}` };
    daemons.push({ vantage, address, mirrors: urls, labels });
  }
  const rules = file('rules.yml', renderRules({ ...defaultRuleParameters, vantages: count }));
  const main = join(root, 'src/main.ts');
  const watchers = daemons.map((daemon) => {
    const config = file(
      `${daemon.vantage}.yaml`,
      daemonFile(daemon, join(folder, `${daemon.vantage}.db`), stage.token),
    );
    const args = [main, 'run', '--config', config, '--log-level', 'warn'];
    return { name: daemon.vantage, command: process.execPath, args, readyUrl: `http://${daemon.address}/-/ready` };
  });
  const plans: readonly Omit<ChildPlan, 'folder'>[] = [
    ...watchers,
    {
      name: 'prometheus',
      command: programs.prometheus,
      args: [
        `--config.file=${file('prometheus.yml', prometheusFile(daemons, [rules], { ...at, alertmanager: null }))}`,
        `--storage.tsdb.path=${join(folder, 'prometheus')}`,
        `--web.listen-address=${at.prometheus}`,
      ],
      readyUrl: `http://${at.prometheus}/-/ready`,
    },
    {
      name: 'victoria-metrics',
      command: programs.victoria,
      args: [
        `-promscrape.config=${file('victoria.yml', scrapeFile(daemons))}`,
        `-storageDataPath=${join(folder, 'victoria-metrics')}`,
        `-httpListenAddr=${at.victoria}`,
        '-search.latencyOffset=5s',
      ],
      readyUrl: `http://${at.victoria}/health`,
    },
    {
      name: 'fleet',
      command: process.execPath,
      args: [main, 'fleet', '--store', `http://${at.prometheus}`, '--listen', at.fleet],
      readyUrl: `http://${at.fleet}/-/ready`,
    },
  ];
  await Promise.all(plans.map(start));
  spoil(mirrors, say);
  say(`all places    http://${at.fleet}/    API at /api/v1/fleet`);
  for (const { vantage, address } of daemons) say(`${vantage.padEnd(13)} http://${address}/`);
  say(`prometheus    http://${at.prometheus}/alerts`);
  say(`victoria      http://${at.victoria}/    mirrorwatch fleet --store http://${at.victoria}`);
  say(`logs          ${folder}/*.log`);
  say(`mirrors get their faults in ${faultsAfterMs / 1000} s; Ctrl-C ends it`);
}

/** Starts a different fault in each of three places: one that comes and goes, and two that stay. */
function spoil(mirrors: ReadonlyMap<string, DemoMirror>, say: Stage['say']): void {
  const change = (name: string, fault: Partial<DemoMirror['fault']>): void => {
    Object.assign(mirrors.get(name)?.fault ?? {}, fault);
  };
  const slow = (): void => {
    say(`ams: mirror near now responds ${slowByMs} ms later, for ${slowForMs / 1000} s`);
    change('ams near', { slowMs: slowByMs });
    setTimeout(() => change('ams near', { slowMs: 0 }), slowForMs).unref();
  };
  const begin = (): void => {
    slow();
    setInterval(slow, slowEveryMs).unref();
    for (const name of ['fra near', 'sgp third'] as const) {
      change(name, { isFailing: true });
      if (mirrors.has(name)) say(`${name.replace(' ', ': mirror ')} now responds 503`);
    }
  };
  setTimeout(begin, faultsAfterMs).unref();
}
