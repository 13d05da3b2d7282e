import type { Due } from './due.ts';
import type { Finding } from './finding.ts';
import type { Upstream } from './mirror.ts';
import type { Sentence } from './result.ts';

export const mirrorStates = ['up', 'degraded', 'down', 'unknown'] as const;
export type MirrorState = (typeof mirrorStates)[number];

/** An operator's pause of a mirror. `untilMs`: its end, wall time. */
export interface Pause {
  readonly untilMs: number;
  readonly reason: string;
}

export interface Standing extends Upstream {
  readonly registry: string;
  readonly state: MirrorState;
  /** The reason for the state, a clause. It is rendered only when it is read, because most are not. */
  readonly why: Sentence;
  /** True if a target of the mirror is in doubt: it failed, and the failure is not confirmed yet. */
  readonly inDoubt: boolean;
  readonly paused: Pause | null;
  readonly inMaintenance: boolean;
  /** When the last ok canary sample was settled (got its final verdict), wall milliseconds; `null`: never. */
  readonly lastOkAtMs: number | null;
  /**
   * When a canary sample was last judged, wall milliseconds. Unknown samples do not count, nor does throttling that our
   * own request rate caused.
   */
  readonly lastJudgedAtMs: number | null;
  /**
   * When the longest wait after a 429 or `Retry-After` ends, over all steps, wall milliseconds; `null`: no step waits.
   */
  readonly throttledUntilMs: number | null;
  /** True if the canary's outage is open although the canary responds again: after repeated outages it closes later. */
  readonly isBack?: boolean;
  /** True if our own request rate caused the wait until `throttledUntilMs`. */
  readonly isWaitForPace?: boolean;
  /**
   * Set if the mirror responds over only one address family. `known`: this is confirmed; `likely`: it is not confirmed
   * yet.
   */
  readonly oneFamily?: 'known' | 'likely';
  readonly certificate: { readonly expiresAtMs: number | null; readonly authorizationCode: string | null } | null;
  /** What the mirror's responses have (`true`) and lack (`false`), by capability; what is not known is absent. */
  readonly capabilities?: Readonly<Record<string, boolean>>;
  /** How many versions the mirror still has although its origin withdrew them; absent: none is known. */
  readonly withdrawn?: number;
  /** At an origin: the versions that it lacks since it withdrew them, as `module@version`; absent: none. */
  readonly withdrew?: readonly string[];
  readonly findings: readonly Finding[];
}

/** False if the canary responds again, although the outage stays open because outages repeat. */
export function isDownNow({ state, isBack }: Standing): boolean {
  return state === 'down' && isBack !== true;
}

/** The open outages of a mirror; empty for `null`, a mirror without a standing. */
export function openOutagesOf(standing: Standing | null): readonly Finding[] {
  return standing?.findings.filter(({ kind, state }) => kind === 'outage' && state === 'open') ?? [];
}

/** The lag of a mirror over all modules: its bounds, and the number of missing versions; `null`: unknown. */
export interface Freshness {
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  readonly missing: number | null;
  /** How long the last releases took from their first sight at the origin to their first sight at this mirror. */
  readonly propagation: { readonly releases: number; readonly p50Ms: number | null; readonly p90Ms: number | null };
}

/** The largest lower bound; `null` (unknown) without bounds, and if a bound is unknown and no other one exceeds 0. */
export function worstLowerOf(bounds: readonly (number | null)[]): number | null {
  const most = Math.max(0, ...bounds.map((one) => one ?? 0));
  return bounds.length === 0 || (most === 0 && bounds.includes(null)) ? null : most;
}

/** Whether failures suggest that this host or its network fails. `suspect` is `null` until it is known. */
export interface VantageStanding {
  readonly suspect: boolean | null;
  /** When the suspicion began, wall milliseconds; `null`: there is none, or it is not known yet. */
  readonly sinceMs: number | null;
  readonly controls: readonly { readonly name: string; readonly up: boolean | null }[];
  /**
   * The fraction of the latest samples whose verdict a delay of our own event loop made uncertain, 0 to 1; `null`: no
   * samples.
   */
  readonly contaminatedShare: number | null;
}

/** The lag of one mirror; `null`: unknown. */
export interface MirrorLag extends Pick<Freshness, 'lowerMs' | 'upperMs' | 'missing'> {
  readonly registry: string;
  /** The module that the lag is about; `null`: it is the lag of the whole mirror. */
  readonly module: string | null;
  readonly records: number | null;
}

/** The baseline of a series of light probes (one target over cold or warm connections); `null` while it warms up. */
export interface SeriesBaseline extends Pick<Due, 'target' | 'connection'> {
  readonly baselineMs: number | null;
  readonly thresholdMs: number | null;
  /** The number of slow samples in a row. */
  readonly streak: number;
}
