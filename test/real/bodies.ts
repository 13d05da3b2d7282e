import { expect } from 'vitest';
import { replyWith, type Walker, walkChain } from '../../src/advise/comparison/walk.ts';
import type { Config } from '../../src/core/config.ts';
import type { Reason } from '../../src/core/failure.ts';
import type { Step } from '../../src/core/mirror.ts';
import type { Workers } from '../../src/core/ports.ts';
import { buildWorkerBook, nothingLearnt } from '../../src/daemon/book.ts';
import { systemClock, systemRandom } from '../../src/daemon/machine.ts';
import { makeDue } from '../../src/daemon/once.ts';
import { processLog, workersFor } from '../../src/daemon/system.ts';
import type { Client, Reply } from '../../src/ecosystems/client.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { readConfig } from '../daemon/world.ts';
import type { Fault } from '../support/faults.ts';
import type { CommandResult } from '../support/process.ts';
import type { RawServer } from '../support/raw-server.ts';
import { expectGolden } from '../unit/cli/golden.ts';

/** What a mirror does to the body of a 200. */
export const bodyFaults: Readonly<Record<string, Fault>> = {
  'a flipped byte': { kind: 'corrupt' },
  'a page of HTML': { kind: 'html' },
  'no byte': { kind: 'empty' },
  'cut by a close': { kind: 'close-mid-body' },
  'cut by a reset': { kind: 'reset-mid-body' },
  stalled: { kind: 'hang-mid-body' },
  'longer than announced': { kind: 'body-longer' },
  'another content type': { kind: 'wrong-type' },
};

/** What a real client came to. `hangs`: it was stopped from outside. */
type Came = 'ok' | 'failed' | 'hangs';

/** Limits of a client in one row. Without one a busy machine cannot fail a download. */
export interface Limits {
  /** Where the body stalls: the client's own timeout, for one that has it. */
  readonly timeoutMs?: number;
  /** In a row of `BodyTable.hangs`: after which the client is stopped. */
  readonly endMs?: number;
}

const [timeoutMs, endMs] = [2_000, 6_000];

/** One table: a real client, and a mirror that is wrong. */
export interface BodyTable {
  /** Name of the golden file, without its extension. */
  readonly name: string;
  readonly client: Client;
  /** Starts a mirror that is well. Each row has two of its own: `near`, which is then made wrong, and `far`. */
  start(): Promise<RawServer>;
  /** Its URL as the chains and the configuration have it; absent: that of its root. */
  urlOf?(mirror: RawServer): string;
  /** The keys of a mirror beside its name and URL, as `ecosystem: pypi`. */
  readonly mirror: string;
  /** The modules of the configuration, and other keys of its top level. */
  readonly yaml: string;
  /** Files that the configuration names, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Which bodies are wrong, and what our probe asks for each. */
  readonly of: Readonly<Record<string, Wrong>>;
  /** Chains by what heads their column. */
  readonly chains: Readonly<Record<string, (near: string, far: string) => string>>;
  /** Fails where the client ends with an error; the code of one that was stopped is -1. */
  download(chain: string, limits: Limits): Promise<Pick<CommandResult, 'code'>>;
  /** The rows in which the client waits without an end, as `fault | of`. */
  readonly hangs?: readonly string[];
  /**
   * Where two runs of the client end differently, as `fault | of | column`: bytes beyond the announced length, with a
   * client that does not always see them before it sends its next request on that connection.
   */
  readonly either?: readonly string[];
  /** Where our probe or walk says another thing than the client does, as `fault | of | column: walk`. */
  readonly differs: readonly string[];
}

type Wrong = { readonly path: RegExp; readonly step: Step; readonly module: string; readonly version: string | null };

/** One row: a fault of one body, and two mirrors of its own. */
interface Row extends Wrong {
  readonly fault: string;
  readonly of: string;
  readonly near: RawServer;
  readonly far: RawServer;
}

/** Clients and probes at a time; beside them those that wait for a timeout. */
const [atOnce, waitingAtOnce] = [4, 12];

/** Holds each body that is wrong against the real client, our real probe, and the walk that our advice is made by. */
export async function expectWalkOfBodies(table: BodyTable): Promise<void> {
  const rows: Row[] = [];
  for (const [fault, what] of Object.entries(bodyFaults))
    for (const [of, wrong] of Object.entries(table.of)) {
      const [near, far] = [await table.start(), await table.start()];
      await near.setFault(what, { path: wrong.path });
      rows.push({ fault, of, ...wrong, near, far });
    }
  const config = configOf(table, rows);
  const facts = { version: '0.0.0-test', node: process.version, log: { level: 'error', pretty: false } };
  const book = buildWorkerBook({ config, learnt: nothingLearnt, version: facts.version });
  const workers = workersFor(book, processLog(facts), 1);
  try {
    const [working, waiting] = [limiter(atOnce), limiter(waitingAtOnce)];
    const made = await Promise.all(
      rows.map(async (row, at) => {
        const chains = chainsOf(table, row);
        const limits = {
          ...(row.fault === 'stalled' ? { timeoutMs } : {}),
          ...(table.hangs?.includes(`${row.fault} | ${row.of}`) === true ? { endMs } : {}),
        };
        const limit = Object.keys(limits).length > 0 ? waiting : working;
        const came = chains.map(([, chain]) => limit(async () => cameTo(await table.download(chain, limits))));
        const reason = limit(() => probe(workers, config, at, row));
        return judged(table, row, await reason, await Promise.all(came));
      }),
    );
    const columns = Object.keys(table.chains);
    const head = [
      ['wrong in the body', 'of', 'our probe', ...columns].join(' | '),
      '--- | --- | ---'.concat(' | ---'.repeat(columns.length)),
    ];
    expectGolden(
      `${table.name}-walk-of-bodies.golden.txt`,
      `${[...head, ...made.map(({ line }) => line)].join('\n')}\n`,
    );
    expect(made.flatMap(({ differs }) => differs)).toEqual(table.differs);
  } finally {
    await workers.close();
    for (const { near, far } of rows) for (const server of [near, far]) await server.close();
  }
}

function cameTo({ code }: Pick<CommandResult, 'code'>): Came {
  return code === 0 ? 'ok' : code === -1 ? 'hangs' : 'failed';
}

const urlIn = ({ urlOf = ({ url }) => url }: BodyTable, mirror: RawServer): string => urlOf(mirror);

function chainsOf(table: BodyTable, { near, far }: Row): readonly (readonly [column: string, chain: string])[] {
  const [url, other] = [urlIn(table, near), urlIn(table, far)];
  return Object.entries(table.chains).map(([column, chain]) => [column, chain(url, other)]);
}

/** The mirror of each row in one file, so that one thread probes them all. */
function configOf(table: BodyTable, rows: readonly Row[]): Config {
  const steps = [...new Set(Object.values(table.of).map(({ step }) => step))];
  const read = readConfig(
    [
      'vantage: here',
      'schedule: { every: 60s, timeout: 2s }',
      `steps: { ${steps.map((step) => `${step}: { every: 60s, timeout: 2s }`).join(', ')} }`,
      'mirrors:',
      ...rows.map(({ near }, at) => `  - { name: near${at}, ${table.mirror}, url: "${urlIn(table, near)}" }`),
      table.yaml,
      'state: { path: /nowhere/state.db }',
    ].join('\n'),
    {},
    table.files,
  );
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** By the real probe, in a thread of its own; a busy machine disturbs some, which are made again. */
async function probe(workers: Workers, config: Config, at: number, asked: Row): Promise<Reason | null> {
  const { module, version, step } = asked;
  const mirror = config.mirrors[at];
  if (mirror === undefined) throw new Error(`near${at}`);
  for (let left = 20; left > 0; left -= 1) {
    const due = makeDue({ mirror, module, version, step }, config, { clock: systemClock, random: systemRandom });
    const { outcome } = (await workers.probe(due)).sample;
    if (outcome.tag === 'ok') return null;
    if (outcome.tag === 'failed') return outcome.failure.kind;
  }
  throw new Error(`${step}: no answer that can be judged`);
}

type Judged = { readonly line: string; readonly differs: readonly string[] };

/** Clients read as far as announced. Our probe fails what is longer: the next response on that connection would begin with it. */
const isStricter = (fault: string, came: Came | undefined): boolean =>
  fault === 'longer than announced' && came === 'ok';

function judged(table: BodyTable, row: Row, reason: Reason | null, came: readonly Came[]): Judged {
  const { fault, of, near } = row;
  const [ecosystem = ''] = /(?<=ecosystem: )\w+/.exec(table.mirror) ?? [];
  const reply = replyWith(reason, 200, 1, registry.of(ecosystem)?.steps[row.step]);
  const differs = chainsOf(table, row).flatMap(([column, chain], at) => {
    const walked = walkOf(table.client, urlIn(table, near), chain, reply);
    // What is left open is no claim.
    const isOther = walked !== 'unknown' && (walked === 'ok') !== (came[at] === 'ok') && !isStricter(fault, came[at]);
    return isOther ? [`${fault} | ${of} | ${column}: ${walked}`] : [];
  });
  const shown = Object.keys(table.chains).map((column, at) =>
    table.either?.includes(`${fault} | ${of} | ${column}`) === true && came[at] !== 'hangs' ? 'ok or failed' : came[at],
  );
  const line = [fault, of, reason ?? 'ok', ...shown].join(' | ');
  return { line, differs };
}

function walkOf(client: Client, url: string, chain: string, reply: Reply): string {
  const parsed = client.parse(chain);
  if (parsed.tag === 'error') throw new Error(parsed.error.kind);
  const { key } = client.member(url);
  const walker: Walker = { client, nameOf: ({ kind, key: at }) => (kind === 'url' ? at : null) };
  return walkChain(walker, parsed.value, (name) => (name === key ? reply : { tag: 'ok', tookMs: 1 })).tag;
}

type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs so many at a time, in the order in which they came. */
function limiter(width: number): Limiter {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
