import type { Config } from '../../core/config.ts';
import { failureTextOf, type Outcome } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { refTextOf, type Target } from '../../core/mirror.ts';
import type { Filled } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import { targetsOf } from '../memory/lookups.ts';
import { type MirrorMemory, primaryConnectionOf, type SeriesMemory, seriesOf } from '../memory/mirror-memory.ts';
import type { About, FindingRule, RuleView } from '../memory/rule.ts';
import { type FindingStatement, scopeOf } from '../memory/says.ts';

/** The refusals of one item. */
interface Refusals {
  readonly count: number;
  readonly status: number | null;
  /** The ids of the newest probes, at most `limits.findingProbes`. */
  readonly probeIds: readonly string[];
}

/** The items that a mirror withholds. */
type Withheld = ReadonlyMap<SeriesMemory, Refusals>;

const noRefusals: Refusals = { count: 0, status: null, probeIds: [] };

/**
 * True for an item that the mirror refuses by a policy of its operator, while its index is well: it serves the canary's
 * step of this or of another module. If the mirror has responded to the same step of other items, it must serve one of
 * them. A policy that covers the whole mirror, or all its artifacts, is an ordinary refusal.
 * @see docs/decisions/0235-deliberate-refusals.md
 */
export function isWithheldItem(
  { without }: Pick<RuleView, 'without'>,
  { canary, series }: MirrorMemory,
  { outcome, due }: Pick<Sample, 'outcome' | 'due'>,
): boolean {
  if (!isPolicy(outcome) || without.has('policies')) return false;
  const others = [...series.values()].filter(({ target: { id } }) => id !== due.target.id);
  const isServed = ({ item }: SeriesMemory): boolean => item === 'served';
  const alike = others.filter(({ target, isSettled }) => target.step === due.target.step && isSettled);
  const isIndexWell = others.some((one) => one.target.step === canary?.step && isServed(one));
  return isIndexWell && (alike.length === 0 || alike.some(isServed));
}

function isPolicy(outcome: Outcome): boolean {
  return outcome.tag === 'failed' && outcome.failure.kind === 'policy';
}

function policyStatement({ view, mirror }: About, withheld: Withheld): FindingStatement {
  const { name } = mirror.mirror;
  const [first] = withheld;
  if (first === undefined) return { tag: 'well', ...messageFor('found.policy.well', { name }), of: 'policy' };
  const targets = [...withheld.keys()].map(({ target }) => target);
  const count = [...withheld.values()].reduce((sum, one) => sum + one.count, 0);
  const locked = targets.find((target) => lockPlaceOf(target, view.config) !== null);
  const named = locked ?? first[0].target;
  const file = locked === undefined ? null : lockPlaceOf(locked, view.config);
  const values = {
    name,
    cause: failureTextOf('policy', first[1].status),
    count: new Set(targets.map(refTextOf)).size,
    what: refTextOf(named),
  };
  return {
    tag: 'trouble',
    scope: scopeOf(targets),
    cause: 'policy',
    evidence: {
      samples: count,
      failures: count,
      probeIds: [...withheld.values()].flatMap(({ probeIds }) => probeIds).slice(-limits.findingProbes),
    },
    ...(file === null ? messageFor('found.policy', values) : messageFor('found.policyLocked', { ...values, file })),
  };
}

type Locked = Pick<Config, 'modules' | 'pinnedAt'>;

/** By configuration: where a lock file names a module or an item. A lock file has up to some ten thousand items. */
const lockPlaces = new WeakMap<Locked, ReadonlyMap<string, Filled>>();

function lockPlacesIn(config: Locked): ReadonlyMap<string, Filled> {
  const known = lockPlaces.get(config);
  if (known !== undefined) return known;
  const places = new Map<string, Filled>();
  const add = (key: string, place: Filled): void => void (places.has(key) || places.set(key, place));
  for (const [ecosystem, pinnedAt] of Object.entries(config.pinnedAt ?? {}))
    for (const [key, place] of Object.entries(pinnedAt)) {
      const [item, module] = /^(.[^@]*)@[^/]*/.exec(key) ?? [key, key];
      for (const named of [item, module ?? item]) add(`${ecosystem} ${named}`, place);
    }
  for (const one of config.modules)
    if (one.isOfLock === true) add(`${one.ecosystem}/${one.upstream} ${refTextOf(one)}`, phrase('found.lockFile'));
  lockPlaces.set(config, places);
  return places;
}

/** Where a configured lock file names the item, as `file` or `file:line`; `null`: none does. */
export function lockPlaceOf(
  { ecosystem, upstream, module, version }: Pick<Target, 'ecosystem' | 'upstream' | 'module' | 'version'>,
  config: Locked,
): Filled | null {
  if (module === null) return null;
  const places = lockPlacesIn(config);
  const item = refTextOf({ module, version });
  return places.get(`${ecosystem} ${item}`) ?? places.get(`${ecosystem}/${upstream} ${item}`) ?? null;
}

/** Finds items that a mirror withholds by a policy of its operator. They are no fault of the mirror. */
export const policy: FindingRule<Withheld> = {
  name: 'policy',
  kind: 'refusal',
  story: 'policy',
  none: () => new Map(),
  judge(before, { view, mirror, series, sample, isPrimary }) {
    const { outcome, due, status } = sample;
    const known = before.get(series);
    const isRefused = isWithheldItem(view, mirror, sample);
    // If the policy covers the whole mirror now, the finding `refusal` reports it.
    const isOver = !isRefused && (outcome.tag === 'ok' || isPolicy(outcome));
    if (!isPrimary || (isOver ? known === undefined : !isRefused)) return null;
    const own = new Map(before);
    if (isRefused) {
      const { count, probeIds } = known ?? noRefusals;
      own.set(series, {
        count: count + 1,
        status,
        probeIds: [...probeIds, due.probeId].slice(-limits.findingProbes),
      });
    } else own.delete(series);
    return { mirror: own, isChange: own.size !== before.size };
  },
  refresh: (own, about) => ({ statement: policyStatement(about, own) }),
  drop(own, { dropped }) {
    const left = new Map([...own].filter(([series]) => !dropped.has(series)));
    return left.size === own.size ? null : { mirror: left, isChange: true };
  },
  resume(own, finding, { view, mirror }) {
    if (own.size > 0) return {};
    const connection = primaryConnectionOf(mirror.mirror);
    const series = targetsOf(view, finding).map((target) => seriesOf(mirror, target, connection));
    return series.length === 0 ? 'gone' : { mirror: new Map(series.map((one) => [one, noRefusals])) };
  },
  cites: (own, _, series) => {
    const refusals = own.get(series);
    return refusals === undefined ? null : { probeId: refusals.probeIds.at(-1) };
  },
};
