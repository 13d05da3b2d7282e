import { limits } from '../../core/limits.ts';
import { refTextOf } from '../../core/mirror.ts';
import { minuteTextOf } from '../../core/views.ts';
import { messageFor, messageOf, phrase } from '../../words/tell.ts';
import { subjectsOf } from '../contents/freshness.ts';
import { openFinding, originOf, withdrawalOf } from '../memory/lookups.ts';
import type { MirrorMemory, SeriesMemory } from '../memory/mirror-memory.ts';
import type { About, FindingRule, Judged, RuleView } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';
import { ContentSubject, recordHolder, recordWithdrawal, Shelf, subjectKeyOf } from '../memory/subject.ts';
import { lockPlaceOf } from './policy.ts';

/**
 * A withdrawn version that the mirror still has. At the origin: one that it withdrew, unless it only marks it. `atMs`:
 * since when the origin lacks it, wall milliseconds.
 */
interface Held {
  readonly module: string | null;
  readonly version: string;
  readonly step: string;
  readonly atMs: number;
}

/** What the mirror still has, by the key of the subject (a module or an item at one step). */
interface Holding {
  readonly isOrigin: boolean;
  readonly bySubject: ReadonlyMap<string, readonly Held[]>;
}

function heldIn(subject: ContentSubject, { view, mirror }: About): readonly Held[] {
  const { module, step } = subject;
  const { monotonicMs, wallMs } = view.now;
  const { name, role } = mirror.mirror;
  return [...subject.withdrawn.keys()].flatMap((version) => {
    const one = withdrawalOf(view, mirror, subject, version);
    if (one === null) return [];
    const isHeld = role === 'origin' ? !one.isYanked : one.holders.includes(name);
    return isHeld ? [{ module, version, step, atMs: one.atMs + wallMs - monotonicMs }] : [];
  });
}

/** The maximum number of versions that the API lists at the origin. */
const withdrewMax = 500;

/** How long ago the origin must have served something else, so that an absence there counts, milliseconds. */
const servedMsMax = 30 * 60_000;

/**
 * Records whether the origin, or another mirror, has the item that a sample is about. The origin withdraws an item that
 * it served before if it also serves something else, so that a wrong address or a broken origin withdraws nothing.
 * @returns the subject of the item, if the item is withdrawn
 */
function updateItem({ view, mirror, sample }: Judged): ContentSubject | undefined {
  const { outcome, facts, due } = sample;
  const { target } = due;
  const isAbsent = outcome.tag === 'failed' && outcome.failure.kind === 'absent';
  const key = subjectKeyOf(target);
  const known = view.subjects.get(key);
  if (target.version === null || (outcome.tag !== 'ok' && !isAbsent) || facts.contents !== undefined) return undefined;
  const atMs = sample.endedMonotonicMs;
  if (mirror.mirror.role !== 'origin') {
    const has = !isAbsent || facts.isUnlisted === true;
    const seconds = known && recordHolder(known, target.version, { registry: mirror.mirror.name, has, atMs });
    if (seconds != null) view.turn.withdrawals.push({ registry: mirror.mirror.name, seconds });
  } else if (isAbsent && view.seen.has(target.id) && servesElse(view, mirror, target.id, atMs)) {
    const subject = known ?? new ContentSubject(key, target);
    view.subjects.set(key, subject);
    if (!subject.shelves.has(target.registry)) {
      // What another origin withdrew does not count.
      subject.withdrawn.clear();
      subject.shelves.set(target.registry, new Shelf());
    }
    recordWithdrawal(subject, target.version, atMs, false);
    return subject;
  } else if (!isAbsent) known?.withdrawn.delete(target.version);
  return known;
}

/** True if the origin serves another item of the canary's step, or has served a list a short time ago. */
function servesElse(view: RuleView, mirror: MirrorMemory, id: string, nowMs: number): boolean {
  const isServed = ({ item, target }: SeriesMemory): boolean =>
    item === 'served' && target.step === mirror.canary?.step && target.id !== id;
  const isListed = ({ shelves }: ContentSubject): boolean => {
    const { looks = 0, toMs = 0 } = shelves.get(mirror.mirror.name) ?? {};
    return looks > 0 && nowMs - toMs <= servedMsMax;
  };
  return mirror.series.values().some(isServed) || subjectsOf(view, mirror).some(isListed);
}

/** Several kinds of requests about a module show the same version, which counts once. */
function distinctOf(holding: Holding | null): readonly Held[] {
  const all = [...(holding?.bySubject.values() ?? [])].flat();
  return [...new Map(all.map((one) => [refTextOf(one), one])).values()];
}

/** The versions that the origin withdrew last. */
function newestOf(all: readonly Held[]): readonly Held[] {
  return all.toSorted((a, b) => b.atMs - a.atMs).slice(0, withdrewMax);
}

function explain(holding: Holding | null, about: About): FindingStatement {
  const { name, ecosystem, upstream } = about.mirror.mirror;
  const all = distinctOf(holding).toSorted((a, b) => a.atMs - b.atMs);
  const open = openFinding(about.view, 'lag', name, 'withdrawn');
  if (all.length === 0)
    return open && { tag: 'well', ...messageFor('found.withdrawn.well', { name }), of: 'withdrawn' };
  const fileOf = (one: Held) => lockPlaceOf({ ecosystem, upstream, ...one }, about.view.config);
  const locked = all.filter((one) => fileOf(one) !== null);
  const [first] = locked.length > 0 ? locked : all;
  const file = first === undefined ? null : fileOf(first);
  const names = [...new Set([...locked, ...all])].slice(0, limits.missingNamed);
  const says = phrase('found.withdrawn', {
    name,
    versions: names.map(refTextOf).join(', '),
    more: all.length - names.length,
    since: minuteTextOf(first?.atMs ?? 0),
  });
  return {
    tag: 'trouble',
    scope: all.slice(0, limits.scopeItems).map(({ module, version, step }) => ({ module, version, step })),
    cause: 'withdrawn',
    evidence: { samples: all.length, failures: locked.length },
    actionable: locked.length > 0,
    ...messageOf(
      file === null
        ? says
        : phrase('found.withdrawnLocked', {
            says,
            file,
            what: locked.map(refTextOf).slice(0, limits.missingNamed).join(', '),
          }),
    ),
  };
}

/**
 * Finds mirrors that still have versions which the origin withdrew. Only responses of the origin count, never a majority.
 * @see docs/decisions/0237-withdrawn-versions.md
 */
export const withdrawn: FindingRule<Holding | null> = {
  name: 'withdrawn',
  kind: 'lag',
  story: 'withdrawn',
  none: () => null,
  endsByAcknowledgement: true,
  judge(before, judged) {
    const { view, mirror, sample, isPrimary } = judged;
    const origin = originOf(view, mirror);
    if (origin === null || view.without.has('withdrawals') || !isPrimary) return null;
    const key = subjectKeyOf(sample.due.target);
    const listed = sample.facts.contents?.versions === undefined ? undefined : view.subjects.get(key);
    const subject = updateItem(judged) ?? (listed?.shelves.get(origin)?.versions == null ? undefined : listed);
    if (subject === undefined) return null;
    const held = heldIn(subject, judged);
    const known = before?.bySubject.get(key) ?? [];
    if (before !== null && held.length === 0 && known.length === 0) return null;
    const bySubject = new Map(before?.bySubject).set(key, held);
    if (held.length === 0) bySubject.delete(key);
    const after = { isOrigin: origin === mirror.mirror.name, bySubject };
    const isSame = after.isOrigin || JSON.stringify(held) === JSON.stringify(known);
    return { mirror: after, ...(isSame ? {} : { statement: explain(after, judged) }) };
  },
  start(_, about) {
    const { view, mirror } = about;
    const held = [...subjectsOf(view, mirror)].map((one) => [one.key, heldIn(one, about)] as const);
    const bySubject = new Map(held.filter(([, all]) => all.length > 0));
    return bySubject.size === 0 ? null : { mirror: { isOrigin: mirror.mirror.role === 'origin', bySubject } };
  },
  adopt(before, { view, mirror }) {
    if (before === null || originOf(view, mirror) !== null) return null;
    return { mirror: null, statement: explain(null, { view, mirror }) };
  },
  resume: (holding) => (holding === null || holding.bySubject.size === 0 ? 'gone' : {}),
  shows(holding) {
    const all = distinctOf(holding);
    if (holding?.isOrigin === true) return all.length === 0 ? {} : { withdrew: newestOf(all).map(refTextOf) };
    return holding === null ? {} : { withdrawn: all.length };
  },
};
