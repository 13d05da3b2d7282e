import { actionLabel, type IncomingAlert } from '../../../src/core/evidence.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import type { SeriesBaseline, Standing } from '../../../src/core/standing.ts';
import { type Budget, createBudget } from './budget.ts';
import { epochMs } from './sample.ts';
import { createSlowness, type Slowness } from './slowness.ts';

const minuteMs = 60_000;
/** The intervals of the route `mirrorwatch` in deploy/alertmanager.yml, milliseconds. */
const route = { waitMs: 5_000, intervalMs: 30_000, repeatMs: 600_000 } as const;

/**
 * The rules whose alerts are evidence for a switch, for one place. `forMinutes`: how long the condition must hold
 * before the alert fires. `keepMinutes`: how long the alert still fires after that.
 */
const rules = {
  MirrorSlow: { forMinutes: 20, keepMinutes: 10 },
  MirrorErrorBudgetFast: { forMinutes: 2, keepMinutes: 10 },
  MirrorErrorBudgetSlow: { forMinutes: 15, keepMinutes: 30 },
} as const;
type AlertName = keyof typeof rules;
const alertNames = Object.keys(rules) as readonly AlertName[];

/** The state of the daemon that the rules need. */
export interface Seen {
  readonly baselines: Iterable<SeriesBaseline>;
  readonly standings: readonly Standing[];
  readonly isSuspect: boolean;
}

/** A simulated Prometheus and Alertmanager, limited to the alerts that they post to the daemon. */
export interface Alerting {
  observe(settled: readonly SettledSample[]): void;
  /** Evaluates the rules. It is called each minute; if the daemon is down, `seen` is `null`. */
  evaluate(seen: Seen | null, nowMs: number): void;
}

/** One alert of one mirror: the state of its rule, and what was posted last. Minutes are counted by evaluations. */
interface Alert {
  readonly name: AlertName;
  readonly registry: string;
  heldMinutes: number;
  keptMinutes: number;
  startsAtMs: number | null;
  isMuted: boolean;
  posted: { readonly startsAtMs: number; readonly atMs: number } | null;
  isTimed: boolean;
}

interface Watched {
  readonly budget: Budget;
  readonly slowness: Slowness;
  readonly alerts: readonly Alert[];
  hasAnswered: boolean;
  downMinutes: number;
}

/**
 * Makes a simulated Prometheus and Alertmanager. Not simulated: the extrapolation of `rate`, the scrape interval of 15
 * s, and rules over several places.
 * @param around.post  returns false if the daemon did not receive the alert: it is then sent again
 */
export function createAlerting(around: {
  readonly post: (alert: IncomingAlert) => boolean;
  readonly after: (delayMs: number, run: (nowMs: number) => void) => void;
}): Alerting {
  const mirrors = new Map<string, Watched>();
  let evaluations = 0;

  function observe(settled: readonly SettledSample[]): void {
    for (const sample of settled) {
      const { due, outcome, cold, rttMs, endedMonotonicMs } = sample;
      if (due.purpose !== 'scheduled' || outcome.tag === 'unknown') continue;
      const { registry, id } = due.target;
      const mirror = mirrors.get(registry) ?? aMirror(registry);
      mirrors.set(registry, mirror);
      if (outcome.tag === 'ok') mirror.hasAnswered = true;
      // Failures before the first success of a mirror (an unreachable origin) do not count against the error budget.
      if (mirror.hasAnswered) mirror.budget.count(outcome.tag === 'failed' && outcome.failure.kind !== 'absent');
      if (outcome.tag === 'ok' && !cold && rttMs !== null) mirror.slowness.observe(id, rttMs / 1000, endedMonotonicMs);
    }
  }

  function evaluate(seen: Seen | null, nowMs: number): void {
    evaluations += 1;
    const baselines = new Map<string, number>();
    for (const { target, baselineMs } of seen?.baselines ?? [])
      if (baselineMs !== null) baselines.set(target.id, baselineMs / 1000);
    const states = new Map(seen?.standings.map(({ registry, state }) => [registry, state]));
    for (const [registry, mirror] of mirrors) {
      mirror.budget.close();
      mirror.downMinutes = states.get(registry) === 'down' ? mirror.downMinutes + 1 : 0;
      const isQuiet = seen?.isSuspect === true || mirror.downMinutes > 1;
      let isFast = false;
      for (const alert of mirror.alerts) {
        // `MirrorSlow` is evaluated every other minute.
        if (alert.name !== 'MirrorSlow' || evaluations % 2 === 0) judge(alert, holds(alert.name, mirror), nowMs);
        alert.isMuted = isQuiet || (alert.name === 'MirrorErrorBudgetSlow' && isFast);
        isFast ||= alert.name === 'MirrorErrorBudgetFast' && alert.startsAtMs !== null;
      }
    }
    function holds(name: AlertName, { budget, slowness }: Watched): boolean {
      if (name === 'MirrorSlow') return slowness.isSlow(baselines, nowMs);
      return budget.burns(name === 'MirrorErrorBudgetFast' ? 'fast' : 'slow');
    }
  }

  /** Updates an alert after an evaluation of its rule: pending, firing or resolved. */
  function judge(alert: Alert, isTrue: boolean, nowMs: number): void {
    const step = alert.name === 'MirrorSlow' ? 2 : 1;
    const { forMinutes, keepMinutes } = rules[alert.name];
    alert.heldMinutes = isTrue ? alert.heldMinutes + step : 0;
    alert.keptMinutes = isTrue ? 0 : alert.keptMinutes + step;
    if (alert.startsAtMs === null && alert.heldMinutes > forMinutes) alert.startsAtMs = nowMs;
    else if (alert.startsAtMs !== null && alert.keptMinutes > keepMinutes) alert.startsAtMs = null;
    if (alert.isTimed || alert.startsAtMs === null) return;
    alert.isTimed = true;
    around.after(route.waitMs, (atMs) => notify(alert, atMs));
  }

  /**
   * Does what Alertmanager does for a group with this one alert: it posts news or a repetition, and plans the next
   * check.
   */
  function notify(alert: Alert, nowMs: number): void {
    const { posted, startsAtMs } = alert;
    const isNews = posted?.startsAtMs !== startsAtMs || nowMs - posted.atMs >= route.repeatMs;
    if (!alert.isMuted && startsAtMs !== null && isNews) {
      if (around.post(messageOf(alert, startsAtMs, null))) alert.posted = { startsAtMs, atMs: nowMs };
    } else if (!alert.isMuted && startsAtMs === null && posted !== null) {
      if (around.post(messageOf(alert, posted.startsAtMs, nowMs))) alert.posted = null;
    }
    alert.isTimed = alert.startsAtMs !== null || alert.posted !== null;
    if (alert.isTimed) around.after(route.intervalMs, (atMs) => notify(alert, atMs));
  }

  return { observe, evaluate };
}

function aMirror(registry: string): Watched {
  const alerts = alertNames.map(
    (name): Alert => ({
      name,
      registry,
      heldMinutes: 0,
      keptMinutes: 0,
      startsAtMs: null,
      isMuted: false,
      posted: null,
      isTimed: false,
    }),
  );
  return { budget: createBudget(), slowness: createSlowness(), alerts, hasAnswered: false, downMinutes: 0 };
}

/** An alert as in Alertmanager's webhook. Its times are of the true clock, even after a jump of the daemon's clock. */
function messageOf({ name, registry }: Alert, startsAtMs: number, endsAtMs: number | null): IncomingAlert {
  return {
    fingerprint: `${name}-${registry}`,
    status: endsAtMs === null ? 'firing' : 'resolved',
    labels: { alertname: name, registry, [actionLabel.name]: actionLabel.value },
    startsAtMs: epochMs + startsAtMs,
    endsAtMs: endsAtMs === null ? null : epochMs + endsAtMs,
  };
}

/** The interval between two evaluations of the rules, milliseconds. */
export const evaluateEveryMs = minuteMs;
