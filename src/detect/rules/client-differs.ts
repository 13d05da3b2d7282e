import { agrees, type ClientPair, type ClientRun, pairKey } from '../../core/client-run.ts';
import type { ScopeItem } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Says } from './says.ts';

/** How a client and our steps differ at one mirror: who of them fails, how many runs in a row, and the last of these. */
interface Difference {
  readonly row: number;
  readonly run: ClientRun;
}

/** Where they differ now, by mirror and client; those that agree are not in it. */
export type Differences = ReadonlyMap<string, Difference>;

/** One may be a moment that only one of them met; it is repeated soon. */
const rowMin = 2;
const namedMax = 5;

/** The differences after one more run. One that says nothing, on either side, changes nothing. */
export function countRun(differences: Differences, run: ClientRun): Differences {
  const isSame = agrees(run);
  if (isSame === null) return differences;
  const next = new Map(differences);
  const key = pairKey(run);
  const before = next.get(key);
  next.delete(key);
  if (isSame) return next;
  const row = before?.run.outcome === run.outcome ? before.row + 1 : 1;
  return next.set(key, { row, run });
}

/** Those alone of the pairs that are still run. */
export function differencesOf(differences: Differences, pairs: readonly ClientPair[]): Differences {
  const keys = new Set(pairs.map(pairKey));
  return new Map([...differences].filter(([key]) => keys.has(key)));
}

/**
 * What the differences say of us: our steps do not see what a client sees. Well where all that was told of agree again.
 * @see design.md section 5.5
 */
export function differencesSay(differences: Differences): Says {
  const told = [...differences.values()].filter(({ row }) => row >= rowMin);
  if (told.length === 0)
    return { tag: 'well', text: 'Real clients and our own steps say the same again.', of: 'client_differs' };
  const runs = told.map(({ run }) => run);
  const rest = runs.length > namedMax ? `, and ${runs.length - namedMax} more` : '';
  return {
    tag: 'trouble',
    scope: runs.flatMap(({ module, version, ours }): ScopeItem[] =>
      ours === null ? [] : [{ module, version, step: ours.step }],
    ),
    cause: 'client_differs',
    evidence: {
      samples: told.reduce((sum, { row }) => sum + row, 0),
      failures: runs.length,
      probeIds: runs.flatMap(({ ours }) => ours?.probeIds ?? []).slice(0, limits.findingProbes),
    },
    actionable: false,
    text: `Our steps do not see what a real client sees: ${runs.slice(0, namedMax).map(sentence).join('; ')}${rest}.`,
  };
}

function sentence({ client, registry, module, version, outcome, reason, ours }: ClientRun): string {
  const what = version === null ? module : `${module}@${version}`;
  if (outcome === 'ok')
    return `${client} fetches ${what} from ${registry}, and our step ${ours?.step} fails (${ours?.reason})`;
  return `${client} fails at ${what} from ${registry} (${reason}), and our steps are well`;
}
