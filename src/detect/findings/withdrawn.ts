import { limits } from '../../core/limits.ts';
import { minuteTextOf } from '../../core/views.ts';
import { messageFor } from '../../words/tell.ts';
import { originOf, subjectsOf } from '../contents/freshness.ts';
import { openFinding } from '../memory/lookups.ts';
import type { About, FindingRule } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';
import { type ContentSubject, isWithdrawnNow, subjectKeyOf } from '../memory/subject.ts';

/** A withdrawn version that the mirror still lists. `atMs`: since when the origin lacks it, wall milliseconds. */
interface Held {
  readonly module: string | null;
  readonly version: string;
  readonly step: string;
  readonly atMs: number;
}

/** What the mirror still lists, by the key of the subject (a module at one step); `null`: no list is known yet. */
type Holding = ReadonlyMap<string, readonly Held[]> | null;

function heldIn({ module, step, withdrawn }: ContentSubject, { view, mirror }: About): readonly Held[] {
  const { monotonicMs, wallMs } = view.now;
  return [...withdrawn].flatMap(([version, one]) =>
    one.holders.includes(mirror.mirror.name) && isWithdrawnNow(one, monotonicMs)
      ? [{ module, version, step, atMs: one.atMs + wallMs - monotonicMs }]
      : [],
  );
}

/** Several kinds of requests about a module show the same version, which counts once. */
function distinctOf(holding: Holding): readonly Held[] {
  const all = [...(holding?.values() ?? [])].flat();
  return [...new Map(all.map((one) => [`${one.module}@${one.version}`, one])).values()];
}

/** True if a configured lock file names the version. */
function isLocked({ view, mirror }: About, { module, version }: Held): boolean {
  const id = `${module}@${version}`;
  const locked = Object.keys(view.config.pinned?.[mirror.mirror.ecosystem] ?? {});
  return locked.some((key) => key === id || key.startsWith(`${id}/`));
}

function explain(holding: Holding, about: About): FindingStatement {
  const { name } = about.mirror.mirror;
  const all = distinctOf(holding).toSorted((a, b) => a.atMs - b.atMs);
  const open = openFinding(about.view, 'lag', name, 'withdrawn');
  if (all.length === 0)
    return open && { tag: 'well', ...messageFor('found.withdrawn.well', { name }), of: 'withdrawn' };
  const locked = all.filter((one) => isLocked(about, one));
  const [first] = locked.length > 0 ? locked : all;
  const names = [...new Set([...locked, ...all])].slice(0, limits.missingNamed);
  return {
    tag: 'trouble',
    scope: all.slice(0, limits.scopeItems).map(({ module, version, step }) => ({ module, version, step })),
    cause: 'withdrawn',
    evidence: { samples: all.length, failures: locked.length },
    actionable: locked.length > 0,
    ...messageFor('found.withdrawn', {
      name,
      versions: names.map(({ module, version }) => `${module}@${version}`).join(', '),
      more: all.length - names.length,
      since: minuteTextOf(first?.atMs ?? 0),
      locked: locked.length,
    }),
  };
}

/**
 * Finds mirrors that still list versions which the origin withdrew. Only the origin's list counts, never a majority.
 * @see docs/decisions/0237-withdrawn-versions.md
 */
export const withdrawn: FindingRule<Holding> = {
  name: 'withdrawn',
  kind: 'lag',
  story: 'withdrawn',
  none: () => null,
  endsByAcknowledgement: true,
  judge(before, judged) {
    const { view, mirror, sample } = judged;
    const origin = originOf(view, mirror);
    const key = subjectKeyOf(sample.due.target);
    const subject = view.subjects.get(key);
    if (sample.facts.contents?.versions === undefined || origin === null || subject === undefined) return null;
    if (origin === mirror.mirror.name || subject.shelves.get(origin)?.versions == null) return null;
    const held = heldIn(subject, judged);
    const known = before?.get(key) ?? [];
    if (before !== null && held.length === 0 && known.length === 0) return null;
    const after = new Map(before).set(key, held);
    if (held.length === 0) after.delete(key);
    const isSame = JSON.stringify(held) === JSON.stringify(known);
    return { mirror: after, ...(isSame ? {} : { statement: explain(after, judged) }) };
  },
  start(_, about) {
    const held = [...subjectsOf(about.view, about.mirror)].map((one) => [one.key, heldIn(one, about)] as const);
    const holding = new Map(held.filter(([, all]) => all.length > 0));
    return holding.size === 0 ? null : { mirror: holding };
  },
  adopt(before, { view, mirror }) {
    if (before === null || originOf(view, mirror) !== null) return null;
    return { mirror: null, statement: explain(null, { view, mirror }) };
  },
  resume: (holding) => (holding === null || holding.size === 0 ? 'gone' : {}),
  shows: (holding) => (holding === null ? {} : { withdrawn: distinctOf(holding).length }),
};
