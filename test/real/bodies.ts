import { expect } from 'vitest';
import { replyWith } from '../../src/advise/answer.ts';
import type { Config } from '../../src/core/config.ts';
import type { Reason } from '../../src/core/failure.ts';
import type { Mirror } from '../../src/core/mirror.ts';
import type { Step } from '../../src/core/target.ts';
import type { OnceRequest } from '../../src/daemon/once.ts';
import { probeNow } from '../../src/daemon/probe-now.ts';
import type { Client, Reply } from '../../src/ecosystems/client.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { readConfig } from '../daemon/world.ts';
import type { Fault } from '../support/faults.ts';
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

/** What a real client came to. `hangs`: it was ended from outside. `wrong bytes`: it took them. */
export type Came = 'ok' | 'failed' | 'hangs' | 'wrong bytes';

/** After so many milliseconds a client that has a timeout gives up, and one that has none is ended. */
export const clientTimeoutMs = 5_000;

/** One table: a real client, and a mirror that is wrong. */
export interface BodyTable {
  /** Name of the golden file, without its extension. */
  readonly name: string;
  readonly client: Client;
  readonly mirror: RawServer;
  /** Its URL as the chains and the configuration have it. */
  readonly url: string;
  /** The configuration; its first mirror is the one that is wrong. */
  readonly yaml: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Which bodies are wrong, and by which step our probe asks for each. */
  readonly of: Readonly<Record<string, { readonly path: RegExp; readonly step: Step; readonly module: string }>>;
  /** Version of the modules. */
  readonly version: string | null;
  /** Chains by what heads their column; the other mirrors of them are well. */
  readonly chains: Readonly<Record<string, string>>;
  readonly download: (chain: string, isStalled: boolean) => Promise<Came>;
  /** Where our probe or walk says another thing than the client does, as `fault | of | column: walk`. */
  readonly differs: readonly string[];
}

const facts = {
  version: '0.0.0-test',
  node: process.version,
  log: { level: 'error', pretty: false },
  path: '',
};

/** Holds each body that is wrong against the real client, our real probe, and the walk that our advice is made by. */
export async function expectWalkOfBodies(table: BodyTable): Promise<void> {
  const read = readConfig(table.yaml, {}, table.files);
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  const config = read.value;
  const [mirror] = config.mirrors as readonly [Mirror];
  const columns = Object.keys(table.chains);
  const rows = [
    ['wrong in the body', 'of', 'our probe', ...columns].join(' | '),
    '--- | --- | ---'.concat(' | ---'.repeat(columns.length)),
  ];
  const differs: string[] = [];
  for (const [name, fault] of Object.entries(bodyFaults)) {
    for (const [of, { path, step, module }] of Object.entries(table.of)) {
      await table.mirror.setFault(fault, { path });
      const reason = await probe(config, { mirror, module, version: table.version, step });
      const weight = registry.of(mirror.ecosystem)?.steps[step]?.weight ?? 'light';
      const reply = replyWith(reason, 200, 1, weight);
      const came: Came[] = [];
      for (const [column, chain] of Object.entries(table.chains)) {
        const one = await table.download(chain, fault.kind === 'hang-mid-body');
        const walked = walkOf(table, chain, reply);
        // What is left open is no claim.
        if (walked !== 'unknown' && (walked === 'ok') !== (one === 'ok'))
          differs.push(`${name} | ${of} | ${column}: ${walked}`);
        came.push(one);
      }
      rows.push([name, of, reason ?? 'ok', ...came].join(' | '));
    }
  }
  await table.mirror.setFault(null);
  expectGolden(`${table.name}.golden.txt`, `${rows.join('\n').replaceAll('\\', '\\\\')}\n`);
  expect(differs).toEqual(table.differs);
}

/** By the real probe, in a thread of its own; a busy machine disturbs some, which are made again. */
async function probe(config: Config, request: OnceRequest): Promise<Reason | null> {
  for (let left = 5; ; left -= 1) {
    const probed = await probeNow(config, request, facts);
    const outcome = probed.tag === 'ok' ? probed.value.sample.outcome : null;
    if (outcome?.tag === 'ok') return null;
    if (outcome?.tag === 'failed') return outcome.failure.kind;
    if (left === 1) throw new Error(`${request.step}: no answer that can be judged`);
  }
}

function walkOf({ client, url }: BodyTable, chain: string, reply: Reply): string {
  const parsed = client.parse(chain);
  if (parsed.tag === 'error') throw new Error(parsed.error.kind);
  const { key } = client.member(url);
  return client.walk(parsed.value, (member) =>
    member.key === key ? reply : member.kind === 'url' ? { tag: 'ok', tookMs: 1 } : { tag: 'failed', tookMs: 1 },
  ).tag;
}
