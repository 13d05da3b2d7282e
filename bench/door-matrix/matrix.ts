import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mirrorwatch, startDaemon } from '../../test/real/daemon.ts';
import { startDoor } from '../../test/real/door-parts.ts';
import { testCerts } from '../../test/support/certs.ts';
import { goDownload } from '../../test/support/go-client.ts';
import { startGoproxy } from '../../test/support/goproxy.ts';
import { isListening } from '../../test/support/listening.ts';
import { commandPath, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { freePort } from '../../test/support/ports.ts';
import { startProcess } from '../../test/support/process.ts';
import { isCalm, watchOthers } from '../disturbance.ts';
import type { Progress } from '../progress.ts';
import { tableOf } from '../report.ts';
import { quantile } from '../statistics.ts';
import { type Target, target } from '../targets.ts';
import { faults, type MatrixFault, startFaultyMirror } from './mirror.ts';

/** Ways to the mirrors. */
const ways = [
  'no door',
  'line pasted late',
  'nginx, proxy_next_upstream',
  'goproxy’s own list',
  'our door, redirecting',
  'our door, relayed',
  'our door printed for nginx',
] as const;
type Way = (typeof ways)[number];

/** Builds of one way. */
export interface WayRow {
  readonly builds: number;
  readonly failed: number;
  readonly medianSeconds: number;
  readonly worstSeconds: number;
}

/** Builds in a loop: while all is well through each way in turn, while the preferred mirror has a fault through all at once. */
export interface MatrixReport {
  readonly wellSeconds: number;
  readonly faultSeconds: number;
  readonly rows: readonly {
    readonly fault: MatrixFault;
    readonly well: Readonly<Record<Way, WayRow>>;
    readonly during: Readonly<Record<Way, WayRow>>;
  }[];
  readonly othersCores: number;
}

const modules = ['rsc.io/quote@v1.5.2', 'github.com/BurntSushi/toml@v1.6.0', 'github.com/google/uuid@v1.6.0'];
/** A build that takes longer counts as failed: somebody ends it. */
const buildMsMax = 30_000;
const paceMs = 3_000;
/** Of the time of the fault, as 5 minutes of 6. */
const pastedAfter = 5 / 6;

/** How many builds fail. */
export async function doorMatrix(quick: boolean, progress: Progress): Promise<MatrixReport> {
  const [wellSeconds, faultSeconds] = quick ? [10, 20] : [20, 60];
  const watch = watchOthers();
  const rows: MatrixReport['rows'][number][] = [];
  for (const fault of faults) {
    progress.say(`door-matrix: ${fault}`);
    rows.push({ fault, ...(await playFault(fault, wellSeconds, faultSeconds)) });
  }
  return { wellSeconds, faultSeconds, rows, othersCores: watch().othersCores };
}

interface Build {
  readonly way: Way;
  readonly isDuring: boolean;
  readonly isRight: boolean;
  readonly seconds: number;
}

async function playFault(
  fault: MatrixFault,
  wellSeconds: number,
  faultSeconds: number,
): Promise<Omit<MatrixReport['rows'][number], 'fault'>> {
  const dir = tempDir('door-matrix');
  const closers: (() => unknown)[] = [() => removeTempDir(dir)];
  try {
    const [head, next] = [await startFaultyMirror(), await startFaultyMirror()];
    closers.push(head.close, next.close);
    const { chains, before } = await openWays(dir, [head.port, next.port], closers);
    const builds: Build[] = [];
    let faultAtMs = Number.POSITIVE_INFINITY;
    let isOver = false;
    const build = async (way: Way): Promise<number> => {
      const fromMs = performance.now();
      before(way);
      const isPasted = fromMs - faultAtMs > faultSeconds * 1_000 * pastedAfter;
      const goproxy = way === 'line pasted late' && isPasted ? chains.pasted : chains[way];
      const { code } = await goDownload(modules, { goproxy, timeoutMs: buildMsMax });
      const tookMs = performance.now() - fromMs;
      const isDuring = fromMs + tookMs > faultAtMs;
      builds.push({ way, isDuring, isRight: code === 0, seconds: tookMs / 1_000 });
      return tookMs;
    };
    const wellUntilMs = performance.now() + wellSeconds * 1_000;
    while (performance.now() < wellUntilMs) for (const way of ways) await build(way);
    faultAtMs = performance.now();
    head.begin(fault);
    const loops = ways.map(async (way, at) => {
      await sleep((at * paceMs) / ways.length);
      while (!isOver) await sleep(Math.max(0, paceMs - (await build(way))));
    });
    await sleep(faultSeconds * 1_000);
    isOver = true;
    await Promise.all(loops);
    const rowsOf = (isDuring: boolean): Readonly<Record<Way, WayRow>> =>
      Object.fromEntries(
        ways.map((way) => [way, rowOf(builds.filter((one) => one.way === way && one.isDuring === isDuring))]),
      ) as Record<Way, WayRow>;
    return { well: rowsOf(false), during: rowsOf(true) };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function rowOf(builds: readonly Build[]): WayRow {
  const seconds = builds.map((one) => one.seconds);
  return {
    builds: builds.length,
    failed: builds.filter(({ isRight }) => !isRight).length,
    medianSeconds: quantile(seconds, 0.5),
    worstSeconds: quantile(seconds, 1),
  };
}

/** Opens every way. @returns GOPROXY of each, and what is done before a build */
async function openWays(
  dir: string,
  ports: readonly [number, number],
  closers: (() => unknown)[],
): Promise<{ readonly chains: Readonly<Record<Way | 'pasted', string>>; before(way: Way): void }> {
  const [head, next] = ports.map((port) => `https://localhost:${port}`) as [string, string];
  const ca = testCerts().ca.certFile;
  const yaml = `vantage: bench
schedule: { every: 1s, timeout: 10s, perHost: 4 }
mirrors:
  - { name: head, ecosystem: go, url: "${head}", weight: 100, tls: { ca: ${ca} } }
  - { name: next, ecosystem: go, url: "${next}", weight: 50, tls: { ca: ${ca} } }
controls: [ "tcp://127.0.0.1:${ports[1]}" ]
modules: { go: [ ${modules.join(', ')} ] }
go: { sumdb: "off" }
`;
  const daemon = await startDaemon({ yaml });
  closers.push(daemon.close);
  const configOf = (name: string, port: number): string => {
    const file = join(dir, `${name}.yaml`);
    const own = `listen: 127.0.0.1:${daemon.port}\nstate: { path: ${name}.db }\n`;
    writeFileSync(
      file,
      `${own}${yaml}door: { listen: "127.0.0.1:${port}", orderFile: ${name}.json, perMinute: 1000000 }\n`,
    );
    return file;
  };
  const doors: string[] = [];
  for (const more of [[], ['--relay']]) {
    const port = await freePort();
    const door = await startDoor(configOf(more.join() || 'redirecting', port), port, more);
    closers.push(door.close);
    doors.push(`${door.url}/go`);
  }
  const goproxy = await startGoproxy({ upstream: `${head},${next}` });
  closers.push(goproxy.close);
  const plain = await startPlainNginx(dir, ports, closers);
  const printed = await startPrinted(dir, configOf, closers);
  return {
    chains: {
      'no door': `${head},${next}`,
      'line pasted late': `${head},${next}`,
      pasted: `${next},${head}`,
      'nginx, proxy_next_upstream': plain,
      'goproxy’s own list': goproxy.url,
      'our door, redirecting': doors[0] ?? '',
      'our door, relayed': doors[1] ?? '',
      'our door printed for nginx': `${printed}/go`,
    },
    // With its cache it would request nothing: what it holds is another question.
    before: (way) => {
      if (way === 'goproxy’s own list') rmSync(goproxy.cacheDir, { recursive: true, force: true });
    },
  };
}

async function runNginx(dir: string, http: string, port: number, closers: (() => unknown)[]): Promise<number> {
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${dir}/${one};`);
  const config = join(dir, `nginx-${port}.conf`);
  writeFileSync(
    config,
    `daemon off;\npid ${dir}/${port}.pid;\nworker_processes 1;\nevents {}\nhttp {\naccess_log off;\n${temps.join('\n')}\n${http}\n}\n`,
  );
  const server = await startProcess({
    name: 'nginx',
    command: commandPath('nginx'),
    args: ['-p', dir, '-c', config, '-e', 'stderr'],
    ready: ({ pid }) => isListening(pid, port),
  });
  closers.push(server.close);
  return server.pid;
}

/** What guides show, with the same patience as ours. */
async function startPlainNginx(dir: string, ports: readonly number[], closers: (() => unknown)[]): Promise<string> {
  const port = await freePort();
  const [head, next] = ports;
  await runNginx(
    dir,
    `upstream mirrors { server 127.0.0.1:${head}; server 127.0.0.1:${next} backup; }
server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass https://mirrors;
    proxy_connect_timeout 3s;
    proxy_read_timeout 10s;
    proxy_next_upstream error timeout http_500 http_502 http_503 http_504 http_403 http_404 http_429;
  }
}`,
    port,
    closers,
  );
  return `http://127.0.0.1:${port}`;
}

/** `door --print nginx`, its order rewritten and reloaded whenever the redirecting door keeps another one. */
async function startPrinted(
  dir: string,
  configOf: (name: string, port: number) => string,
  closers: (() => unknown)[],
): Promise<string> {
  const port = await freePort();
  const args = ['door', '--config', configOf('printed', port), '--print', 'nginx', '--out', dir];
  const printed = await mirrorwatch(args);
  if (printed.code !== 0) throw new Error(printed.stderr);
  const pid = await runNginx(dir, `include ${dir}/door.conf;`, port, closers);
  let isOver = false;
  let known = '';
  const follow = async (): Promise<void> => {
    while (!isOver) {
      const text = readIfThere(join(dir, 'redirecting.json'));
      if (text !== '' && text !== known) {
        known = text;
        writeFileSync(join(dir, 'printed.json'), text);
        await mirrorwatch([...args, '--order']);
        process.kill(pid, 'SIGHUP');
      }
      await sleep(200);
    }
  };
  const followed = follow();
  closers.push(() => {
    isOver = true;
    return followed;
  });
  return `http://127.0.0.1:${port}`;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Failed builds of all, and how long builds took: median, worst. */
export function doorMatrixLines({ wellSeconds, faultSeconds, rows, othersCores }: MatrixReport): readonly string[] {
  const cell = ({ builds, failed, medianSeconds, worstSeconds }: WayRow): string =>
    `${failed} of ${builds}, ${medianSeconds.toFixed(1)} / ${worstSeconds.toFixed(1)} s`;
  return [
    `Builds of the go command in a loop: through each way in turn for ${wellSeconds} s while all is well, then through all at once for ${faultSeconds} s of a fault of the preferred mirror:`,
    `failed of all, median / worst time. The late line is pasted after ${Math.round(faultSeconds * pastedAfter)} s, as after 5 minutes of 6; goproxy has an empty cache.`,
    ...tableOf([
      ['', ...rows.map(({ fault }) => fault), 'all is well'],
      ...ways.map((way) => [way, ...rows.map(({ during }) => cell(during[way])), cell(wholeOf(rows, way))]),
    ]),
    `others used ${othersCores.toFixed(2)} cores on average`,
  ];
}

function wholeOf(rows: MatrixReport['rows'], way: Way): WayRow {
  const all = rows.map(({ well }) => well[way]);
  return {
    builds: all.reduce((sum, { builds }) => sum + builds, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    medianSeconds: quantile(
      all.map(({ medianSeconds }) => medianSeconds),
      0.5,
    ),
    worstSeconds: Math.max(...all.map(({ worstSeconds }) => worstSeconds)),
  };
}

/** The goals of issue 24. */
export function doorMatrixTargets({ rows, othersCores }: MatrixReport): readonly Target[] {
  const failed = rows.reduce((sum, { during }) => sum + during['our door, relayed'].failed, 0);
  const builds = rows.reduce((sum, { during }) => sum + during['our door, relayed'].builds, 0);
  const medians = ways.map((way) => [way, wholeOf(rows, way).medianSeconds] as const);
  const best = Math.min(...medians.map(([, seconds]) => seconds));
  const own = wholeOf(rows, 'our door, relayed').medianSeconds / best;
  return [
    target('failed builds through our door, relayed', '0', `${failed} of ${builds}`, failed === 0),
    target(
      'a build through our door, relayed, over the best way',
      '≤ 1.1 ×',
      `${own.toFixed(2)} ×`,
      own <= 1.1,
      isCalm({ othersCores }),
    ),
  ];
}
