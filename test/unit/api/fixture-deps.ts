import { Readable } from 'node:stream';
import type { ApiDeps, DaemonEvent } from '../../../src/api/deps.ts';
import type { Advice } from '../../../src/core/advice.ts';
import type { Config } from '../../../src/core/config.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { error, ok } from '../../../src/core/result.ts';
import type { KeptProbe, SeriesNow } from '../../../src/core/sample.ts';
import type { Freshness, Standing } from '../../../src/core/standing.ts';
import { kindsOf, registry } from '../../../src/ecosystems/registry.ts';
import { fixtureAction } from './fixture-action.ts';
import { fixtureAdvice, fixtureVerdict } from './fixture-advice.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { fixtureRuns } from './fixture-runs.ts';
import { baselines, fixtureProbes, fixtureSeries } from './fixture-samples.ts';
import { fixtureTrends } from './fixture-trends.ts';

const freshness: Readonly<Record<string, Freshness>> = {
  coast: {
    lowerMs: 5_400_000,
    upperMs: 5_700_000,
    missing: 3,
    propagation: { releases: 4, p50Ms: 600_000, p90Ms: 7_200_000 },
  },
  campus: { lowerMs: 0, upperMs: null, missing: 0, propagation: { releases: 0, p50Ms: null, p90Ms: null } },
};

/** What a test changes of the fixture, and what it can look at afterwards. */
export interface Fixture {
  readonly deps: ApiDeps;
  /** What was asked of the daemon, in order. */
  readonly asked: string[];
  readonly defects: unknown[];
  emit(event: DaemonEvent): void;
  listeners(): number;
  /** Runs timers that are due within so many milliseconds from now. */
  pass(ms: number): void;
  /** Moves the wall clock. */
  setNow(wallMs: number): void;
}

export interface FixtureChange extends Partial<ApiDeps> {
  readonly configWith?: Partial<Config>;
}

/** The daemon as the routes see it: four mirrors up, degraded, down and unknown, a spike, an outage, an advice. */
export function fixture(change: FixtureChange = {}): Fixture {
  const { configWith, ...over } = change;
  const asked: string[] = [];
  const defects: unknown[] = [];
  const listeners = new Set<(event: DaemonEvent) => void>();
  const timers = new Set<{ atMs: number; run: () => void }>();
  let passedMs = 0;
  let isStopped = false;
  let wallMs = nowMs;
  const config = { ...fixtureConfig, ...configWith };
  const series: readonly SeriesNow[] = fixtureSeries;
  const probes: readonly KeptProbe[] = fixtureProbes;
  const standings: readonly Standing[] = fixtureStandings;
  const deps: ApiDeps = {
    version: '0.1.0',
    startedAtMs: nowMs - 3 * 3_600_000,
    timers: {
      after(delayMs, run) {
        const timer = { atMs: passedMs + delayMs, run };
        timers.add(timer);
        return { cancel: () => void timers.delete(timer) };
      },
    },
    now: () => ({ wallMs, monotonicMs: 1_000_000 + (wallMs - nowMs) }),
    config: () => config,
    kinds: kindsOf(registry),
    ready: () => ({ ready: true, because: 'up' }),
    clientRuns: (registry) => fixtureRuns.filter((run) => run.registry === registry),
    standings: () => standings,
    vantage: () => ({
      suspect: false,
      sinceMs: null,
      controls: [{ name: 'www.example.com:443', up: true }],
      contaminatedShare: 0.002,
    }),
    stateSince: ({ state }) => (state === 'unknown' ? null : nowMs - 95_000),
    receivers: () => [
      { receiver: 'ops', length: 0, oldestSeconds: null, disabled: false, failure: null, nextAttemptSeconds: null },
      {
        receiver: 'chat',
        length: 3,
        oldestSeconds: 1260,
        disabled: false,
        failure: { kind: 'status', status: 429, retry: { afterMs: 86_000_000 } },
        nextAttemptSeconds: 720,
      },
    ],
    dueAt: () => nowMs + 40_000,
    trend: (registry, range) => fixtureTrends().of(registry, range, { wallMs, monotonicMs: 0 }),
    series: () => series,
    seriesOf: (registry) => series.filter(({ target }) => target.registry === registry),
    freshness: (registry) => freshness[registry] ?? null,
    baseline: (targetId, connection) => baselines.get(`${targetId}|${connection}`) ?? null,
    probe: (probeId) => probes.find(({ sample }) => sample.due.probeId === probeId) ?? null,
    probesOf: (registry, limit) =>
      probes
        .filter(({ sample }) => sample.due.target.registry === registry)
        .toSorted((a, b) => b.sample.startedAtMs - a.sample.startedAtMs)
        .slice(0, limit),
    findings: ({ history }) => ({
      items: fixtureFindings.filter(({ state }) => history || state === 'open'),
      next: null,
    }),
    advice: () => ({ items: [fixtureAdvice], next: null }),
    audited: () => [],
    verdicts: () => [fixtureVerdict],
    verdictsAt: () => [],
    doorLines: () => [],
    remedy: () => ({
      kind: 'set',
      chain: fixtureAdvice.chain.after,
      advice: fixtureAdvice,
      remedy: fixtureAdvice.remedy,
    }),
    chainInForce: () => fixtureAdvice.chain.before,
    actions: () => [fixtureAction],
    areActionsStopped: () => isStopped,
    stopActions(wanted) {
      isStopped = wanted;
      return true;
    },
    undoAction(id) {
      asked.push(`undo ${id}`);
      return id === fixtureAction.id ? 'ok' : id === 'undone.ci' ? 'not_done' : 'unknown';
    },
    async acceptAdvice(id) {
      asked.push(`accept ${id}`);
      if (id !== fixtureAdvice.id) return error(id === 'settled' ? 'not_proposed' : 'unknown');
      return ok<Advice>({ ...fixtureAdvice, state: 'accepted', settledAtMs: nowMs });
    },
    async dismissAdvice(id, forMs, reason) {
      asked.push(`dismiss ${id} ${forMs} ${reason}`);
      if (id !== fixtureAdvice.id) return error(id === 'settled' ? 'not_proposed' : 'unknown');
      return ok<Advice>({ ...fixtureAdvice, state: 'dismissed', settledAtMs: nowMs });
    },
    async acknowledge(findingId, reason): Promise<Finding | null> {
      asked.push(`ack ${findingId}: ${reason}`);
      const finding = fixtureFindings.find(({ id }) => id === findingId);
      return finding === undefined
        ? null
        : { ...finding, state: 'acknowledged', acknowledged: { atMs: nowMs, reason } };
    },
    async pause(registry, forMs, reason) {
      asked.push(`pause ${registry} ${forMs} ${reason}`);
      return standings.find((one) => one.registry === registry) ?? null;
    },
    async takeAlerts(notification) {
      asked.push(`alerts ${notification?.alerts.length ?? 'unreadable'}`);
      const none = { duplicate: 0, stale: 0, resolved: 0, own: 0, ignored: 0 };
      const isRead = notification !== null;
      return { tag: 'taken', outcomes: { ...none, evidence: isRead ? 1 : 0, malformed: isRead ? 0 : 1 } };
    },
    async reload() {
      asked.push('reload');
      return { tag: 'reloaded', changed: ['mirrors'] };
    },
    metrics: (accept) => ({
      contentType: accept?.includes('openmetrics')
        ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
        : 'text/plain; version=0.0.4; charset=utf-8',
      pieces: Readable.from(
        Array<string>(20).fill(
          '# HELP mirror_up 1 while a mirror is up or degraded\n# TYPE mirror_up gauge\nmirror_up{registry="a"} 1\n',
        ),
      ),
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reloadTrouble: () => null,
    stateTrouble: () => null,
    defect: (cause) => void defects.push(cause),
    ...over,
  };
  return {
    deps,
    asked,
    defects,
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    listeners: () => listeners.size,
    pass(ms) {
      passedMs += ms;
      for (const timer of [...timers]) {
        if (timer.atMs > passedMs) continue;
        timers.delete(timer);
        timer.run();
      }
    },
    setNow: (ms) => {
      wallMs = ms;
    },
  };
}
