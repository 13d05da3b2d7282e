import { agrees, type ClientPair, type ClientRun, pairKeyOf } from '../../core/client-run.ts';
import type { ScopeItem } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/result.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import type { OwnRule } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';

interface Difference {
  readonly row: number;
  readonly run: ClientRun;
}

/** The current differences between real clients and our own probes, by mirror and client. */
export type Differences = ReadonlyMap<string, Difference>;

/**
 * A difference is reported after this many runs in a row with the same difference, because a single one may be chance.
 */
const rowMin = 2;
const namedMax = 5;

/** The differences after one more run. A run without a result of the client or of our own steps changes nothing. */
export function countRun(differences: Differences, run: ClientRun): Differences {
  const isSame = agrees(run);
  if (isSame === null) return differences;
  const next = new Map(differences);
  const key = pairKeyOf(run);
  const before = next.get(key);
  next.delete(key);
  if (isSame) return next;
  const row = before?.run.outcome === run.outcome ? before.row + 1 : 1;
  return next.set(key, { row, run });
}

export function differencesOf(differences: Differences, pairs: readonly ClientPair[]): Differences {
  const keys = new Set(pairs.map(pairKeyOf));
  return new Map([...differences].filter(([key]) => keys.has(key)));
}

export function explainDifferences(differences: Differences): FindingStatement {
  const lasting = [...differences.values()].filter(({ row }) => row >= rowMin);
  if (lasting.length === 0) return { tag: 'well', ...messageFor('found.clients.well'), of: 'client_differs' };
  const runs = lasting.map(({ run }) => run);
  return {
    tag: 'trouble',
    scope: runs.flatMap(({ module, version, ours }): ScopeItem[] =>
      ours === null ? [] : [{ module, version, step: ours.step }],
    ),
    cause: 'client_differs',
    evidence: {
      samples: lasting.reduce((sum, { row }) => sum + row, 0),
      failures: runs.length,
      probeIds: runs.flatMap(({ ours }) => ours?.probeIds ?? []).slice(0, limits.findingProbes),
    },
    actionable: false,
    ...messageFor('found.clients', { runs: runsPhrase(runs) }),
  };
}

function runsPhrase(runs: readonly ClientRun[]): Sentence {
  const named = runs.slice(0, namedMax).map(runPhrase);
  const all = named.reduceRight((rest, first) => phrase('found.also', { first, rest }));
  return runs.length > namedMax ? phrase('found.clientsMore', { runs: all, count: runs.length - namedMax }) : all;
}

function runPhrase({ client, registry, module, version, outcome, reason, ours }: ClientRun): Sentence {
  const what = version === null ? module : `${module}@${version}`;
  if (ours?.otherBytes) return phrase('found.clientBytes', { client, what, registry });
  return outcome === 'ok'
    ? phrase('found.clientOk', { client, what, registry, step: String(ours?.step), cause: String(ours?.reason) })
    : phrase('found.clientFails', { client, what, registry, cause: String(reason) });
}

/** Finds real clients that get other results than our own probes of the same steps. */
export const clientDiffers: OwnRule<Differences> = {
  name: 'client_differs',
  kind: 'self',
  none: () => new Map(),
  compare(before, run) {
    const own = countRun(before, run);
    return { own, statement: explainDifferences(own) };
  },
  /** Deletes pairs of mirror and client that are no longer configured. */
  adopt(before, _, { view: { config } }) {
    const own = differencesOf(before, config.clientRuns?.pairs ?? []);
    return { own, statement: explainDifferences(own) };
  },
};
