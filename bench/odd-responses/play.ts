import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../src/core/config.ts';
import type { Workers } from '../../src/core/ports.ts';
import { buildWorkerBook, nothingLearnt } from '../../src/daemon/book.ts';
import { systemClock, systemRandom } from '../../src/daemon/machine.ts';
import { makeDue } from '../../src/daemon/once.ts';
import { readConfig } from '../../test/daemon/world.ts';
import { realWire } from '../../test/fault/own-wire.ts';
import { type RawServer, startRawServer } from '../../test/support/raw-server.ts';
import { createInlineWorkers } from '../../test/support/workers-inline.ts';
import { go } from './go.ts';
import { debian, http } from './http.ts';
import { type Kind, keyOf, type Row } from './kind.ts';
import { npm } from './npm.ts';
import { oci } from './oci.ts';
import { madeOdd, worded } from './odd.ts';
import { pypi } from './pypi.ts';

export const kinds: readonly Kind[] = [go, npm, pypi, oci, http, debian];

/** What the real clients came to: `bench/odd-responses/verdicts.json`, written by `npm run odd-responses`. */
export interface Verdicts {
  /** The version of each client. */
  readonly clients: Readonly<Record<string, string>>;
  /** By kind, by row, by client. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Came>>>>>>;
}

/** What a fetch came to; `hangs`: it was stopped after a minute. */
export type Came = 'ok' | 'failed' | 'hangs';

export const verdictsFile = join(import.meta.dirname, 'verdicts.json');

export function readVerdicts(): Verdicts {
  return JSON.parse(readFileSync(verdictsFile, 'utf8')) as Verdicts;
}

/** The end of a URL to which an odd response redirects: there, the response is right. */
const again = '?again';

/** Starts the server of a row, on loopback. */
export async function startOdd(kind: Kind, row: Row): Promise<RawServer> {
  const server: RawServer = await startRawServer({
    ...(kind.closesTls === undefined ? {} : { closesTls: kind.closesTls }),
    answer(request) {
      const right = kind.right(request, server.url, row.server);
      const { target } = request;
      if (right.status === 404 || target.endsWith(again) || !kind.isAt(row.at, request, right)) return right;
      return madeOdd(right, request, worded(row.odd, { ...kind.words(server.url), target }), kind.finish);
    },
  });
  return server;
}

/** How our probes end: `ok`, or the first step that fails with its reason, as `index: malformed`. */
export interface Probed {
  readonly end: string;
  /** The client that refuses what the probe accepts, by the probe's note; absent: none. */
  readonly refusedBy?: string;
}

/** Probes all rows of a kind as the daemon does. The results are in the order of the rows. */
export async function probeRows(kind: Kind): Promise<readonly Probed[]> {
  const servers = await Promise.all(kind.rows.map((row) => startOdd(kind, row)));
  const config = configOf(kind, servers);
  const book = buildWorkerBook({ config, learnt: nothingLearnt, version: '0.0.0-bench' });
  const workers = createInlineWorkers({ book, wire: realWire(), clock: systemClock });
  try {
    const ends: Probed[] = [];
    for (const at of kind.rows.keys()) ends.push(await probeRow(kind, at, config, workers));
    return ends;
  } finally {
    await workers.close();
    for (const server of servers) await server.close();
  }
}

function configOf(kind: Kind, servers: readonly RawServer[]): Config {
  const read = readConfig(
    [
      'vantage: here',
      'schedule: { every: 60s, timeout: 30s }',
      'mirrors:',
      ...servers.map(({ url }, at) => `  - { name: m${at}, ${kind.mirror}, url: "${kind.urlOf(url)}" }`),
      kind.yaml,
      'state: { path: /nowhere/state.db }',
    ].join('\n'),
  );
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

async function probeRow(kind: Kind, at: number, config: Config, workers: Workers): Promise<Probed> {
  const [row, mirror] = [kind.rows[at], config.mirrors[at]];
  if (row === undefined || mirror === undefined) throw new RangeError(`row ${at}`);
  let refusedBy: string | undefined;
  for (const requested of kind.probes(row)) {
    const due = makeDue({ mirror, ...requested }, config, { clock: systemClock, random: systemRandom });
    const { outcome, facts } = (await workers.probe(due)).sample;
    refusedBy ??= facts.refused === undefined ? undefined : String(facts.refused.values['client']);
    if (outcome.tag === 'failed') return { end: `${requested.step}: ${outcome.failure.kind}` };
    if (outcome.tag !== 'ok') throw new Error(`${keyOf(row)}: ${requested.step} is unknown: ${outcome.because}`);
  }
  return { end: 'ok', ...(refusedBy === undefined ? {} : { refusedBy }) };
}
