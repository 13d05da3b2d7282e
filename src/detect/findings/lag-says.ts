import type { Finding, LagCause } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Filled, Message, Sentence } from '../../core/result.ts';
import { minuteTextOf } from '../../core/views.ts';
import { messageFor, messageOf, phrase } from '../../words/tell.ts';
import { isOrdered } from '../contents/lines.ts';
import type { Draft, FindingStatement } from '../memory/says.ts';
import type { ContentSubject, LagReading, LineBehind, LineKey, Shelf, StepBack } from '../memory/subject.ts';

/**
 * How the contents of one subject (a module or a mirror) went back to an earlier state at a mirror; `null`: they did
 * not, or not enough for a finding.
 */
export type Backwards =
  | { readonly kind: 'vanished'; readonly versions: readonly string[] }
  | { readonly kind: 'regression'; readonly times: number }
  | null;

/**
 * This many steps backwards (to an earlier state) open a finding. The count starts again after `limits.calmReadings`
 * responses without a step backwards.
 */
const storyTimes = 2;

/**
 * How the contents go backwards: versions have vanished that other mirrors still have, or contents alternate between
 * backends. `null`: the contents do not go backwards, or not enough for a finding.
 */
export function backwardsOf({ lost, backwards }: Pick<Shelf, 'lost' | 'backwards'>): Backwards {
  const gone = [...lost].filter(
    ([, { looks: readings, isElsewhere }]) => isElsewhere && readings >= limits.contentReadings,
  );
  if (gone.length > 0) return { kind: 'vanished', versions: gone.map(([version]) => version) };
  return backwards >= storyTimes ? { kind: 'regression', times: backwards } : null;
}

export interface LagTrouble {
  readonly subject: Pick<ContentSubject, 'module' | 'version' | 'step'>;
  readonly shelf: Pick<Shelf, 'looks' | 'back'>;
  readonly reading: LagReading | null;
  readonly backwards: Backwards;
  /** The id of the probe; `null`: the probe was sent before the daemon restarted. */
  readonly probeId: string | null;
}

export interface LagContext {
  readonly limitMs: number;
  readonly origin: string | null;
  /**
   * True if at least two modules had releases since the oldest missing item was released, and none of these releases
   * arrived.
   */
  readonly isStill: boolean;
  readonly known: Finding['cause'] | null;
  /** The wall clock minus the monotonic one, milliseconds. */
  readonly wallAheadMs: number;
}

/** True if the last two responses lack an item that is older than the limit. */
export function isBehind({ reading }: Pick<LagTrouble, 'reading'>, limitMs: number): boolean {
  return reading !== null && reading.agreedMs > limitMs;
}

/**
 * True if at least two modules had releases since `sinceMs` and none of these releases arrived. This is typical of a
 * cache whose upstream is down.
 */
export function isStalled(subjects: Iterable<ContentSubject>, registry: string, sinceMs: number): boolean {
  const modules = new Set<string | null>();
  for (const { module, shelves, releases, lines } of subjects) {
    const shelf = shelves.get(registry);
    if (shelf === undefined) continue;
    for (const [version, { atMs }] of releases) {
      if (atMs < sinceMs) continue;
      if (shelf.since.has(version)) return false;
      modules.add(module);
    }
    for (const [key, changes] of lines) {
      const best = shelf.lines.get(key)?.best ?? null;
      for (const { atMs, seq, value } of changes) {
        if (atMs === null || atMs < sinceMs) continue;
        if (best !== null && best >= (isOrdered(key) ? Number(value) : seq)) return false;
        modules.add(module);
      }
    }
  }
  return modules.size >= 2;
}

/**
 * One statement about all lag troubles of a mirror. Its cause is the first of these that applies: the mirror is behind,
 * versions have vanished, contents go backwards.
 */
export function explainLag(name: string, troubles: readonly LagTrouble[], context: LagContext): FindingStatement {
  const behind = troubles.filter((one) => isBehind(one, context.limitMs));
  if (behind.length > 0) return behindStatement(name, behind, context);
  const gone = troubles.filter(({ backwards }) => backwards?.kind === 'vanished');
  if (gone.length > 0) return draftOf('vanished', gone, context, vanishedPhrase(name, gone));
  const back = troubles.filter(({ backwards }) => backwards?.kind === 'regression');
  if (back.length > 0) return draftOf('regression', back, context, regressionPhrase(name, back, context));
  return { tag: 'well', ...wellMessage(name, context) };
}

function behindStatement(name: string, behind: readonly LagTrouble[], context: LagContext): Draft {
  const [first] = behind.toSorted((a, b) => agreed(b) - agreed(a));
  const cause = context.isStill ? 'stale' : 'behind';
  const whom =
    first?.reading?.by === 'origin' ? phrase('found.origin', { name: String(context.origin) }) : phrase('found.most');
  const modules = modulesOf(behind);
  const what =
    cause === 'stale'
      ? phrase('found.stale', { name, span: spoken(agreed(first)), modules, whom })
      : phrase('found.behind', {
          name,
          whom,
          span: spanPhrase(first?.reading ?? null),
          lacks: lacksPhrase(first, context),
          more: moreOf('found.moreModules', modules - 1),
        });
  return draftOf(cause, behind, context, what);
}

function modulesOf(troubles: readonly LagTrouble[]): number {
  return new Set(troubles.map(({ subject }) => subject.module)).size;
}

function agreed(trouble: LagTrouble | undefined): number {
  return trouble?.reading?.agreedMs ?? 0;
}

function draftOf(cause: LagCause, troubles: readonly LagTrouble[], { limitMs }: LagContext, what: Sentence): Draft {
  const isLate = cause === 'behind' || cause === 'stale';
  return {
    tag: 'trouble',
    scope: troubles
      .slice(0, limits.scopeItems)
      .map(({ subject: { module, version, step } }) => ({ module, version, step })),
    cause,
    evidence: {
      samples: troubles.reduce((sum, { shelf }) => sum + shelf.looks, 0),
      failures: isLate ? troubles.length : timesOfModules(troubles),
      ...(isLate
        ? { observedSeconds: Math.max(...troubles.map(agreed)) / 1_000, thresholdSeconds: limitMs / 1_000 }
        : {}),
      probeIds: troubles.flatMap(({ probeId }) => probeId ?? []).slice(0, limits.findingProbes),
    },
    actionable: isLate,
    ...messageOf(what),
  };
}

function timesOf({ backwards }: LagTrouble): number {
  if (backwards === null) return 0;
  return backwards.kind === 'regression' ? backwards.times : backwards.versions.length;
}

function spanPhrase(reading: LagReading | null): Sentence {
  if (reading === null) return phrase('found.unknownTime');
  const { agreedMs, upperMs } = reading;
  const least = spoken(agreedMs);
  if (upperMs === null) return phrase('found.atLeast', { least });
  const most = spoken(upperMs);
  const isSame = messageOf(most).text === messageOf(least).text;
  return isSame ? phrase('found.about', { least }) : phrase('found.between', { least, most });
}

function lacksPhrase(trouble: LagTrouble | undefined, { wallAheadMs }: LagContext): Sentence {
  const module = trouble?.subject.module ?? phrase('found.it');
  const reading = trouble?.reading ?? null;
  const { missing = null, records = null, line = null } = reading ?? {};
  const [newest] = missing?.names ?? [];
  if (newest !== undefined)
    return phrase('found.lacks', { module, newest, more: moreOf('found.moreVersions', (missing?.count ?? 1) - 1) });
  // Only the log of a checksum database, which belongs to the whole mirror, counts the mirror's own records. A module's
  // serial number (PyPI) counts changes of all projects.
  if (records !== null && records > 0)
    return phrase((trouble?.subject.module ?? null) === null ? 'found.lacksRecords' : 'found.lowerSerial', {
      module,
      records,
    });
  return line === null ? phrase('found.asBefore', { module }) : stillPhrase(module, line, wallAheadMs);
}

function stillPhrase(module: Filled, { key, value, sinceMs, wants }: LineBehind, wallAheadMs: number): Sentence {
  return phrase('found.stands', {
    module,
    line: linePhrase(key),
    value: valueText(key, value),
    since: minuteTextOf(sinceMs + wallAheadMs),
    wants: valueText(key, wants),
  });
}

function linePhrase(key: LineKey): Sentence {
  if (key === 'date') return phrase('found.itsDate');
  return key === 'serial' ? phrase('found.itsSerial') : phrase('found.tag', { tag: key.slice('tag '.length) });
}

function valueText(key: LineKey, value: string | number): string {
  return key === 'date' ? `${new Date(Number(value)).toISOString().slice(0, 19)}Z` : String(value);
}

function moreOf(key: 'found.moreModules' | 'found.moreVersions', count: number): Filled {
  return count <= 0 ? '' : phrase(key, { count });
}

function vanishedPhrase(name: string, gone: readonly LagTrouble[]): Sentence {
  const [first] = gone;
  const versions = first?.backwards?.kind === 'vanished' ? first.backwards.versions : [];
  return phrase('found.vanished', {
    name,
    versions: versions.slice(-limits.missingNamed).join(', '),
    module: first?.subject.module ?? phrase('found.itsList'),
    more: moreOf('found.moreModules', modulesOf(gone) - 1),
  });
}

function regressionPhrase(name: string, back: readonly LagTrouble[], { wallAheadMs }: LagContext): Sentence {
  const [first] = back.toSorted((a, b) => (b.shelf.back?.atMs ?? 0) - (a.shelf.back?.atMs ?? 0));
  const module = first?.subject.module ?? phrase('found.itsLog');
  const step = first?.shelf.back ?? null;
  const what = step === null ? module : phrase('found.backWhat', { module, step: backPhrase(step, wallAheadMs) });
  return phrase('found.back', {
    name,
    count: timesOfModules(back),
    what,
    more: moreOf('found.moreModules', modulesOf(back) - 1),
  });
}

/**
 * The number of steps backwards (to an earlier state), summed over modules. Several kinds of requests about a module
 * show the same step backwards, so only the largest count of each module is added.
 */
function timesOfModules(back: readonly LagTrouble[]): number {
  const modules = Map.groupBy(back, ({ subject }) => subject.module).values();
  return [...modules].reduce((sum, own) => sum + Math.max(...own.map(timesOf)), 0);
}

function backPhrase({ what, from, to, atMs }: StepBack, wallAheadMs: number): Sentence {
  const at = minuteTextOf(atMs + wallAheadMs);
  if (what === 'version' || to === null) return phrase('found.backWithout', { from, at });
  return phrase('found.backFrom', { line: linePhrase(what), from: valueText(what, from), to: valueText(what, to), at });
}

function wellMessage(name: string, { known }: LagContext): Message {
  if (known === 'regression') return messageFor('found.back.well', { name, count: limits.calmReadings });
  if (known === 'vanished') return messageFor('found.vanished.well', { name });
  return messageFor(known === 'stale' ? 'found.stale.well' : 'found.behind.well', { name });
}

function spoken(ms: number): Sentence {
  const seconds = ms / 1_000;
  if (seconds < 120) return phrase('unit.s', { count: Math.round(seconds) });
  if (seconds < 2 * 3_600) return phrase('unit.min', { count: Math.round(seconds / 60) });
  if (seconds < 48 * 3_600) return phrase('unit.h', { count: (seconds / 3_600).toFixed(1) });
  return phrase('found.days', { count: (seconds / 86_400).toFixed(1) });
}
