import type { Finding, LagCause } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { counted } from '../../core/units.ts';
import { isOrdered } from '../contents/lines.ts';
import type { LineKey } from '../contents/look.ts';
import type { LagReading, LineBehind, StepBack, Subject } from '../contents/subject.ts';
import type { Backwards } from './regression.ts';
import type { Draft, Says } from './says.ts';

/** What is wrong with a mirror's answers about one subject. */
export interface LagTrouble {
  readonly module: string | null;
  readonly version: string | null;
  readonly step: string;
  readonly reading: LagReading | null;
  readonly backwards: Backwards;
  /** Its last step backwards; `null`: none. */
  readonly back: StepBack | null;
  /** Answers about it so far. */
  readonly looks: number;
  readonly probeId: string;
}

/** What the troubles of one mirror are told with. */
export interface LagContext {
  readonly limitMs: number;
  /** Its upstream's origin; `null`: none is configured. */
  readonly origin: string | null;
  /** None of what came out since the oldest thing that it lacks has arrived, in two modules at least. */
  readonly standsStill: boolean;
  /** The cause of the open finding; `null`: none is open. */
  readonly known: Finding['cause'] | null;
  /** The wall clock minus the monotonic one, milliseconds: what is told with a time of day. */
  readonly wallAheadMs: number;
}

/** True where what two answers in a row lack is older than the limit. */
export function isBehind({ reading }: Pick<LagTrouble, 'reading'>, limitMs: number): boolean {
  return reading !== null && reading.agreedMs > limitMs;
}

/**
 * True where nothing that came out since `sinceMs` has arrived at a mirror in any module in which something did, of which
 * there are two at least: a cache whose upstream is dead answers well and stands still.
 */
export function standsStill(subjects: Iterable<Subject>, registry: string, sinceMs: number): boolean {
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

/** What all troubles of one mirror come to: one finding, by the gravest cause. */
export function lagSays(name: string, troubles: readonly LagTrouble[], context: LagContext): Says {
  const behind = troubles.filter((one) => isBehind(one, context.limitMs));
  if (behind.length > 0) return behindSays(name, behind, context);
  const gone = troubles.filter(({ backwards }) => backwards?.kind === 'vanished');
  if (gone.length > 0) return draftOf('vanished', gone, context, vanishedText(name, gone));
  const back = troubles.filter(({ backwards }) => backwards?.kind === 'regression');
  if (back.length > 0) return draftOf('regression', back, context, regressionText(name, back, context));
  return { tag: 'well', text: wellText(name, context) };
}

function behindSays(name: string, behind: readonly LagTrouble[], context: LagContext): Draft {
  const [first] = behind.toSorted((a, b) => agreed(b) - agreed(a));
  const cause = context.standsStill ? 'stale' : 'behind';
  const span = spanText(first?.reading ?? null);
  const whom =
    first?.reading?.by === 'origin' ? `the origin ${context.origin}` : 'most other mirrors, as no origin answers';
  const text =
    cause === 'stale'
      ? `${name} stands still: nothing that came out in the last ${spoken(agreed(first))} has arrived in any of ${modulesOf(behind)} modules, while ${whom} moved on.`
      : `${name} is behind ${whom}, by ${span}: ${lacksText(first, context)}${more(modulesOf(behind) - 1, 'module')}.`;
  return draftOf(cause, behind, context, text);
}

/** Distinct ones: a module may be asked in several ways. */
function modulesOf(troubles: readonly LagTrouble[]): number {
  return new Set(troubles.map(({ module }) => module)).size;
}

function agreed(trouble: LagTrouble | undefined): number {
  return trouble?.reading?.agreedMs ?? 0;
}

function draftOf(cause: LagCause, troubles: readonly LagTrouble[], { limitMs }: LagContext, text: string): Draft {
  const isLate = cause === 'behind' || cause === 'stale';
  return {
    tag: 'trouble',
    scope: troubles.slice(0, limits.scopeItems).map(({ module, version, step }) => ({ module, version, step })),
    cause,
    evidence: {
      samples: troubles.reduce((sum, { looks }) => sum + looks, 0),
      failures: isLate ? troubles.length : timesOfModules(troubles),
      ...(isLate
        ? { observedSeconds: Math.max(...troubles.map(agreed)) / 1_000, thresholdSeconds: limitMs / 1_000 }
        : {}),
      probeIds: troubles.map(({ probeId }) => probeId).slice(0, limits.findingProbes),
    },
    actionable: isLate,
    text,
  };
}

function timesOf({ backwards }: LagTrouble): number {
  if (backwards === null) return 0;
  return backwards.kind === 'regression' ? backwards.times : backwards.versions.length;
}

function spanText(reading: LagReading | null): string {
  if (reading === null) return 'an unknown time';
  const least = spoken(reading.agreedMs);
  if (reading.upperMs === null) return `at least ${least}`;
  const most = spoken(reading.upperMs);
  return most === least ? `about ${least}` : `${least} to ${most}`;
}

function lacksText(trouble: LagTrouble | undefined, { wallAheadMs }: LagContext): string {
  const module = trouble?.module ?? 'it';
  const reading = trouble?.reading ?? null;
  const { missing = null, records = null, line = null } = reading ?? {};
  const [newest] = missing?.names ?? [];
  if (newest !== undefined) return `${module} lacks ${newest}${more((missing?.count ?? 1) - 1, 'version')}`;
  if (records !== null && records > 0) return `${module} lacks ${records} records at least`;
  return line === null ? `${module} is as it was before` : `${module} ${standsText(line, wallAheadMs)}`;
}

/** Where a tag, a serial or a date stands, since when, and what it should be. */
function standsText({ key, value, sinceMs, wants }: LineBehind, wallAheadMs: number): string {
  const since = clockTime(sinceMs + wallAheadMs);
  return `has ${lineText(key)} at ${valueText(key, value)} since ${since}, and not at ${valueText(key, wants)}`;
}

function lineText(key: LineKey): string {
  return key.startsWith('tag ') ? `tag ${key.slice('tag '.length)}` : `its ${key}`;
}

function valueText(key: LineKey, value: string | number): string {
  return key === 'date' ? new Date(Number(value)).toISOString().slice(0, 19) : String(value);
}

/** A stamp for people: date, hours and minutes, UTC. */
function clockTime(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function more(count: number, what: string): string {
  return count <= 0 ? '' : ` and ${counted(count, `more ${what}`)}`;
}

function vanishedText(name: string, gone: readonly LagTrouble[]): string {
  const [first] = gone;
  const versions = first?.backwards?.kind === 'vanished' ? first.backwards.versions : [];
  const named = versions.slice(-limits.missingNamed).join(', ');
  return `From ${name} has vanished what others still have: ${named} of ${first?.module ?? 'its list'}${more(modulesOf(gone) - 1, 'module')}.`;
}

function regressionText(name: string, back: readonly LagTrouble[], { wallAheadMs }: LagContext): string {
  const [first] = back.toSorted((a, b) => (b.back?.atMs ?? 0) - (a.back?.atMs ?? 0));
  const what = `${first?.module ?? 'its log'}${first?.back == null ? '' : `: ${backText(first.back, wallAheadMs)}`}`;
  return `${name} goes back and forth: ${timesOfModules(back)} times lately it did not have what it had shown before (${what}${more(modulesOf(back) - 1, 'module')}), as where several servers behind one name take turns.`;
}

/** The steps of one module are told by several of its answers: the most of these count. */
function timesOfModules(back: readonly LagTrouble[]): number {
  const modules = Map.groupBy(back, ({ module }) => module).values();
  return [...modules].reduce((sum, own) => sum + Math.max(...own.map(timesOf)), 0);
}

function backText({ what, from, to, atMs }: StepBack, wallAheadMs: number): string {
  const at = clockTime(atMs + wallAheadMs);
  if (what === 'version' || to === null) return `last without ${from} at ${at}`;
  return `last ${lineText(what)} from ${valueText(what, from)} to ${valueText(what, to)} at ${at}`;
}

function wellText(name: string, { known }: LagContext): string {
  switch (known) {
    case 'regression':
      return `${name} has not gone backwards in its last ${limits.calmLooks} answers.`;
    case 'vanished':
      return `What had vanished from ${name} is back, or gone everywhere.`;
    case 'stale':
      return `${name} moves on again.`;
    default:
      return `${name} has caught up.`;
  }
}

/** A span for people, in the unit that says it with two digits. */
function spoken(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 2 * 3_600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}
