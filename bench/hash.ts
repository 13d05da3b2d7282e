import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startNginx } from '../test/support/nginx.ts';
import { commandPath, removeTempDir, tempDir } from '../test/support/paths.ts';
import { watchOthers } from './disturbance.ts';
import { type Filling, type LargeZip, writeLargeZip } from './large-zip.ts';
import { NoFigures } from './no-figures.ts';
import type { Progress } from './progress.ts';
import { mean, type Spread, spreadOf } from './statistics.ts';

/** One large module zip, hashed by us and by others in turn. */
export interface HashRow {
  readonly filling: Filling;
  readonly zipBytes: number;
  readonly plainBytes: number;
  readonly entries: number;
  readonly rounds: number;
  /** Of ours: what came kept in a file and hashed as the checksum database has it; seconds. */
  readonly oursSeconds: Spread;
  /** `sha256sum` of the zip, and then `unzip -p` of it to nowhere: seconds of both. */
  readonly apartSeconds: Spread;
  /** `unzip -p | sha256sum`, on two cores: seconds. */
  readonly pipedSeconds: Spread;
  /** Speed over the quicker of the two, round by round. */
  readonly ratio: Spread;
  /** Over the rounds, of a process that does nothing else: at most, and before it began. */
  readonly rssMaxMib: number;
  readonly rssBeforeMib: number;
  /** A whole probe of it over loopback, once: transfer, all of it, the longest hold of the loop, and the memory. */
  readonly probe: {
    readonly transferSeconds: number;
    readonly seconds: number;
    readonly delayMsMax: number;
    readonly rssMaxMib: number;
  };
}

/** Both kinds of zip. */
export interface HashReport {
  readonly rows: readonly HashRow[];
  readonly othersCores: number;
}

const id = 'example.com/large@v1.0.0';
const mib = 2 ** 20;
/** The go command takes no more, packed and unpacked; the directory and headers want some. */
const plainBytes = 496 * mib;
const childPath = fileURLToPath(new URL('./hash-child.ts', import.meta.url));
const runFile = promisify(execFile);

interface Told {
  readonly hash: string | null;
  readonly tookMs: number;
  readonly transferMs: number | null;
  readonly delayMsMax: number;
  readonly rssBeforeMib: number;
  readonly rssMaxMib: number;
}

/** How fast the largest zips are hashed, and in how much memory, beside `sha256sum` and `unzip`. */
export async function hash(quick: boolean, progress: Progress): Promise<HashReport> {
  const dir = tempDir('bench-hash');
  const watch = watchOthers();
  try {
    const rows: HashRow[] = [];
    for (const filling of ['random', 'text'] as const) rows.push(await hashRow(dir, filling, quick, progress));
    return { rows, othersCores: watch().othersCores };
  } finally {
    removeTempDir(dir);
  }
}

async function hashRow(dir: string, filling: Filling, quick: boolean, progress: Progress): Promise<HashRow> {
  progress.say(`hash: writing a zip of ${filling}`);
  const folder = join(dir, filling, 'example.com/large/@v');
  mkdirSync(folder, { recursive: true });
  const zip = writeLargeZip(join(folder, 'v1.0.0.zip'), id, quick ? plainBytes / 4 : plainBytes, filling);
  const rounds = quick ? 3 : 5;
  const ours: Told[] = [];
  const [apart, piped]: [number[], number[]] = [[], []];
  // One round that counts for nobody: files and programs are in memory then.
  for (let n = -1; n < rounds; n += 1) {
    progress.say(`hash: ${filling}, round ${n + 1} of ${rounds}`);
    const told = await byChild(zip, 'file', zip.path);
    const alone = (await shell('sha256sum "$0"', zip.path)) + (await shell('unzip -p "$0" > /dev/null', zip.path));
    const both = await shell('unzip -p "$0" | sha256sum', zip.path);
    if (n < 0) continue;
    ours.push(told);
    apart.push(alone);
    piped.push(both);
  }
  progress.say(`hash: ${filling}, a whole probe`);
  const nginx = await startNginx({ root: join(dir, filling) });
  const probe = await byChild(zip, 'probe', nginx.httpUrl).finally(nginx.close);
  const seconds = ours.map(({ tookMs }) => tookMs / 1_000);
  return {
    filling,
    zipBytes: zip.bytes,
    plainBytes: zip.plainBytes,
    entries: zip.entries,
    rounds,
    oursSeconds: spreadOf(seconds),
    apartSeconds: spreadOf(apart),
    pipedSeconds: spreadOf(piped),
    ratio: spreadOf(seconds.map((own, n) => Math.min(apart[n] ?? Number.NaN, piped[n] ?? Number.NaN) / own)),
    rssMaxMib: Math.max(...ours.map(({ rssMaxMib }) => rssMaxMib)),
    rssBeforeMib: mean(ours.map(({ rssBeforeMib }) => rssBeforeMib)),
    probe: {
      transferSeconds: (probe.transferMs ?? Number.NaN) / 1_000,
      seconds: probe.tookMs / 1_000,
      delayMsMax: probe.delayMsMax,
      rssMaxMib: probe.rssMaxMib,
    },
  };
}

/** @throws NoFigures where the hash is not the zip's */
async function byChild(zip: LargeZip, way: 'file' | 'probe', place: string): Promise<Told> {
  const { stdout } = await runFile(process.execPath, [childPath, way, place, id]);
  const told = JSON.parse(stdout) as Told;
  if (told.hash !== zip.h1) throw new NoFigures(`${way}: hashed to ${told.hash}, not to ${zip.h1}`);
  return told;
}

/** Seconds that a line of a shell takes. */
async function shell(line: string, path: string): Promise<number> {
  const fromMs = performance.now();
  await runFile(commandPath('sh'), ['-c', line, path]);
  return (performance.now() - fromMs) / 1_000;
}
