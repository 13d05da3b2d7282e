import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type LongIndex, longHtmlPage, longJsonPage, longPackument } from '../test/support/long-index.ts';
import { removeTempDir, tempDir } from '../test/support/paths.ts';
import { watchOthers } from './disturbance.ts';
import { NoFigures } from './no-figures.ts';
import type { Progress } from './progress.ts';
import { tableOf } from './report.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { type Target, target } from './targets.ts';

/** One long index, read by a probe or by `JSON.parse`. */
interface IndexRow {
  readonly what: string;
  readonly way: 'probe' | 'parse';
  readonly bytes: number;
  /** Of a probe: with the transfer over loopback. Of `JSON.parse`: with reading the file. */
  readonly seconds: Spread;
  readonly cpuSeconds: Spread;
  /** Processor time of the longest turn of the event loop. */
  readonly heldMs: Spread;
  /** The most memory, more than before. */
  readonly grownMib: Spread;
}

export interface IndexesReport {
  readonly rows: readonly IndexRow[];
  readonly rounds: number;
  readonly othersCores: number;
}

interface Measured {
  readonly isOk: boolean;
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly turnMsMax: number;
  readonly rssBeforeMib: number;
  readonly rssMaxMib: number;
}

const mib = 2 ** 20;
const heldMsMax = 50;
const grownMibMax = 60;
const childPath = fileURLToPath(new URL('./index-child.ts', import.meta.url));
const runFile = promisify(execFile);

const kinds: readonly (readonly [what: string, make: (bytes: number) => LongIndex, asked: readonly string[]])[] = [
  ['project page in JSON', longJsonPage, ['pypi', 'index']],
  ['project page in HTML', longHtmlPage, ['pypi', 'index']],
  ['packument', longPackument, ['npm', 'metadata']],
];

/** Time, longest block and memory of long indexes, beside `JSON.parse`. */
export async function indexes(quick: boolean, progress: Progress): Promise<IndexesReport> {
  const dir = tempDir('bench-indexes');
  const rounds = quick ? 3 : 7;
  const watch = watchOthers();
  try {
    const rows: IndexRow[] = [];
    for (const [what, make, asked] of kinds) {
      progress.say(`indexes: ${what}`);
      const [long, short] = [make((quick ? 16 : 64) * mib), make(mib)];
      const paths = { long: join(dir, 'long'), short: join(dir, 'short') };
      await Promise.all([writeFile(paths.long, long.stream()), writeFile(paths.short, short.stream())]);
      const server = await serve(paths, long.contentType);
      const probe = (scope: string) => run([scope, 'probe', `${server.url}/long`, `${server.url}/short`, ...asked]);
      rows.push(await rowOf({ what, way: 'probe', bytes: long.bytes }, rounds, probe));
      await server.close();
      if (long.contentType.endsWith('json'))
        rows.push(
          await rowOf({ what, way: 'parse', bytes: long.bytes }, rounds, (scope) => run([scope, 'parse', paths.long])),
        );
    }
    return { rows, rounds, othersCores: watch().othersCores };
  } finally {
    removeTempDir(dir);
  }
}

async function serve(paths: Readonly<Record<'long' | 'short', string>>, contentType: string) {
  const server = createServer(({ url }, response) => {
    response.writeHead(200, { 'content-type': contentType });
    createReadStream(url?.startsWith('/long/') === true ? paths.long : paths.short).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function rowOf(
  row: Pick<IndexRow, 'what' | 'way' | 'bytes'>,
  rounds: number,
  once: (scope: 'whole' | 'turns') => Promise<Measured>,
): Promise<IndexRow> {
  const all: Measured[] = [];
  const turns: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    all.push(await once('whole'));
    turns.push(await once('turns'));
  }
  return {
    ...row,
    seconds: spreadOf(all.map(({ tookMs }) => tookMs / 1_000)),
    cpuSeconds: spreadOf(all.map(({ cpuMs }) => cpuMs / 1_000)),
    heldMs: spreadOf(turns.map(({ turnMsMax }) => turnMsMax)),
    grownMib: spreadOf(all.map(({ rssBeforeMib, rssMaxMib }) => rssMaxMib - rssBeforeMib)),
  };
}

/** @throws NoFigures if the index was not read */
async function run(argv: readonly string[]): Promise<Measured> {
  const { stdout } = await runFile(process.execPath, [childPath, ...argv]);
  const read = JSON.parse(stdout) as Measured;
  if (!read.isOk) throw new NoFigures(`${argv[1]}: a long index was not read`);
  return read;
}

export function indexesLines({ rows, rounds, othersCores }: IndexesReport): readonly string[] {
  const spread = ({ median, least, most }: Spread, digits: number): string =>
    `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
  return [
    `Long indexes: ${rounds} processes each; median (least–most)`,
    ...tableOf([
      ['', 'MiB', 'read by', 'seconds', 'CPU, s', 'longest turn, CPU ms', 'memory more, MiB'],
      ...rows.map(({ what, bytes, way, seconds, cpuSeconds, heldMs, grownMib }) => [
        ...[what, (bytes / mib).toFixed(0), way === 'probe' ? 'a probe' : 'JSON.parse'],
        ...[spread(seconds, 2), spread(cpuSeconds, 2), spread(heldMs, 0), spread(grownMib, 0)],
      ]),
    ]),
    `others used ${othersCores.toFixed(2)} cores on average`,
  ];
}

export function indexesTargets({ rows }: IndexesReport): readonly Target[] {
  const ours = rows.filter(({ way }) => way === 'probe');
  const heldMs = Math.max(...ours.map((row) => row.heldMs.median));
  const grownMib = Math.max(...ours.map((row) => row.grownMib.median));
  return [
    target('block of a thread by a long index', `≤ ${heldMsMax} ms`, `${heldMs.toFixed(0)} ms`, heldMs <= heldMsMax),
    target('memory of a long index', `≤ ${grownMibMax} MiB`, `${grownMib.toFixed(0)} MiB`, grownMib <= grownMibMax),
  ];
}
