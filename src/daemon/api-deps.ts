import type { AlertsTaken, ApiDeps, PageOf } from '../api/deps.ts';
import { declaredChainOf } from '../config/chain.ts';
import { linesOfDoor } from '../config/door-routes.ts';
import type { Advice } from '../core/advice.ts';
import { type AlertCounts, type AlertNotification, type AlertOutcome, alertOutcomes } from '../core/evidence.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { seriesId, upstreamKeyOf } from '../core/mirror.ts';
import type { Now, Row, Table } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import { maskChain } from '../core/secret.ts';
import { urlOfListener } from '../core/url.ts';
import { kindsOf } from '../ecosystems/registry.ts';
import { causeTextOf } from './asker.ts';
import { findProbe, type Stages } from './assemble.ts';
import type { ClientRuns } from './client-runs.ts';
import type { Absorb } from './news.ts';
import type { Pipeline } from './pipeline.ts';

export function assembleApiDeps(
  s: Stages,
  pipeline: Pipeline,
  clientRuns: Pick<ClientRuns, 'of'>,
  life: Pick<ApiDeps, 'version' | 'startedAtMs' | 'ready' | 'reload' | 'reloadTrouble'>,
): ApiDeps {
  return {
    ...life,
    timers: s.timers,
    now: () => s.clock.now(),
    config: () => s.config,
    kinds: kindsOf(s.registry),
    clientRuns: (registry) => clientRuns.of(registry),
    ...detectDepsOf(s),
    ...probeDepsOf(s),
    ...adviceDepsOf(s),
    ...commandsOf(s, pipeline),
    receivers: () => s.notifier.queues(s.clock.now()),
    metrics: (accept) => s.exporter.render(accept),
    subscribe: (listener) => pipeline.events.subscribe(listener),
    stateTrouble: () => pipeline.publisher.stateTrouble(),
    defect: (cause) => s.log.error('defect in a route', { cause: causeTextOf(cause) }),
  };
}

/** Returns the functions with which the API reads mirror states and findings. */
function detectDepsOf(s: Stages) {
  const baselines = readAgain(
    s,
    () => new Map([...s.detector.baselines()].map((one) => [seriesId(one.target, one.connection), one])),
  );
  const freshness = readAgain(s, () => s.detector.freshness());
  return {
    standings: () => s.detector.standings(),
    vantage: () => s.detector.vantage(),
    stateSince: ({ registry, state }) => s.book.of(registry, state),
    freshness: (registry) => freshness().get(registry) ?? null,
    baseline: (targetId, connection) => baselines().get(`${targetId}|${connection}`) ?? null,
    findings: (page) => pageOf<Finding>(s, 'finding', page, s.detector.findings(), (finding) => finding.openedAtMs),
  } satisfies Partial<ApiDeps>;
}

/** Returns the functions with which the API reads probes and the times of the next probes. */
function probeDepsOf(s: Stages) {
  return {
    dueAt({ target, connection }) {
      const now = s.clock.now();
      const atMs = s.scheduler.dueAtMs(target, connection);
      return atMs === null ? null : now.wallMs + (atMs - now.monotonicMs);
    },
    trend: (registry, range) => s.trends.of(registry, range, s.clock.now()),
    series: () => s.board.series(),
    seriesOf: (registry) => s.board.of(registry),
    probe: (probeId) => s.cited.waiting(probeId) ?? findProbe(s, probeId),
    probesOf: (registry, limit) => s.board.probesOf(registry, limit),
  } satisfies Partial<ApiDeps>;
}

/** Returns the functions with which the API reads advice and the chains of clients. */
function adviceDepsOf(s: Stages) {
  return {
    advice: (page) => pageOf<Advice>(s, 'advice', page, s.advisor.list(), (advice) => advice.issuedAtMs),
    audited: () => s.advisor.audited(),
    verdicts: () => s.advisor.verdicts(),
    verdictsAt: (wallMs) => s.book.at(wallMs),
    remedy: (ecosystem, upstream) => s.advisor.remedy(ecosystem, upstream),
    doorLines: (ecosystem, upstream) =>
      s.config.door === undefined
        ? []
        : linesOfDoor(s.config, urlOfListener(s.config.door.listen)).filter(
            (line) => line.upstream === upstreamKeyOf({ ecosystem, upstream }),
          ),
    chainInForce: (ecosystem, upstream) =>
      s.advisor
        .list()
        .find((one) => one.state === 'accepted' && one.ecosystem === ecosystem && one.upstream === upstream)?.chain
        .after ?? maskChain(declaredChainOf(s.config, ecosystem, upstream)),
  } satisfies Partial<ApiDeps>;
}

/** Returns the functions that carry out commands of API clients, each in a turn of the main loop. */
function commandsOf(s: Stages, pipeline: Pipeline) {
  return {
    acceptAdvice: (id) =>
      onAdvice(
        pipeline,
        id,
        (now) => s.advisor.accept(id, now),
        (advice, now) => s.responses.command({ kind: 'accepted', ...moveOf(advice) }, now),
      ),
    dismissAdvice: (id, forMs, reason) =>
      onAdvice(
        pipeline,
        id,
        (now) => s.advisor.dismiss(id, forMs, reason, now),
        (advice, now) =>
          s.responses.command(
            { kind: 'dismissed', ...moveOf(advice), cause: advice.cause, untilMs: now.wallMs + forMs },
            now,
          ),
      ),
    acknowledge: (findingId, reason) =>
      pipeline.command((now, absorb) => {
        const turn = s.detector.acknowledge(findingId, reason, now);
        if (turn === null) return null;
        absorb.detect(turn);
        const finding = turn.findings.find((change) => change.finding.id === findingId)?.finding ?? null;
        if (finding !== null)
          s.responses.command({ kind: 'acknowledged', finding: finding.kind, registry: finding.registry }, now);
        return finding;
      }),
    pause: (registry, forMs, reason) =>
      pipeline.command((now, absorb) => {
        if (!s.config.mirrors.some(({ name }) => name === registry)) return null;
        const pause = forMs > 0 ? { untilMs: now.wallMs + forMs, reason } : null;
        s.scheduler.pause(registry, pause?.untilMs ?? null);
        absorb.detect(s.detector.pause(registry, pause, now));
        s.responses.command({ kind: 'paused', registry, untilMs: pause?.untilMs ?? null }, now);
        if (pause) s.ledger.add([{ table: 'pause', key: registry, atMs: now.wallMs, value: pause }], []);
        else s.ledger.add([], [{ table: 'pause', key: registry }]);
        return s.detector.standings().find((standing) => standing.registry === registry) ?? null;
      }),
    actions: () => pipeline.actions.list(),
    areActionsStopped: () => pipeline.actions.isStopped(),
    stopActions: (isStopped) => pipeline.actions.stop(isStopped),
    undoAction: (id) => pipeline.actions.undo(id),
    takeAlerts: createAlertTaker(s, pipeline),
  } satisfies Partial<ApiDeps>;
}

type OnAdvice<T> = Result<T, 'unknown' | 'not_proposed'>;

function onAdvice(
  pipeline: Pipeline,
  id: string,
  say: (now: Now) => OnAdvice<Parameters<Absorb['advise']>[0]>,
  keep: (advice: Advice, now: Now) => void,
): Promise<OnAdvice<Advice>> {
  return pipeline.command((now, absorb): OnAdvice<Advice> => {
    const result = say(now);
    if (result.tag === 'error') return result;
    absorb.advise(result.value);
    const advice = result.value.changes.find((change) => change.advice.id === id)?.advice;
    if (advice === undefined) return error('unknown');
    keep(advice, now);
    return ok(advice);
  });
}

function moveOf({ ecosystem, upstream, from, to }: Advice) {
  return { ecosystem, upstream, from, to };
}

/**
 * Returns a function that caches the value of `read` for half a second, because a page may request hundreds of values
 * at once.
 */
function readAgain<T>(s: Stages, read: () => T): () => T {
  let last: { readonly atMs: number; readonly value: T } | null = null;
  return () => {
    const nowMs = s.clock.monotonicMs();
    if (last === null || nowMs - last.atMs >= 500) last = { atMs: nowMs, value: read() };
    return last.value;
  };
}

/**
 * Returns a page of current items or of the history. An item of the history that is current too is as it is now, because
 * its row is stored less often than it changes. The cursor is `<atMs>.<key>` of the last row of the page.
 */
function pageOf<T extends { readonly id: string }>(
  s: Stages,
  table: Table,
  page: { readonly limit: number; readonly cursor: string | null; readonly history: boolean },
  current: readonly T[],
  at: (item: T) => number,
): PageOf<T> {
  const rows: readonly Row[] = page.history
    ? s.store.page(table, page.limit + 1, cursorOf(page.cursor))
    : [...current]
        .map((item): Row => ({ table, key: item.id, atMs: at(item), value: item }))
        .sort((a, b) => b.atMs - a.atMs || (a.key < b.key ? 1 : -1))
        .filter((row) => isAfter(row, cursorOf(page.cursor)))
        .slice(0, page.limit + 1);
  const now = new Map(current.map((item) => [item.id, item]));
  const items = rows.slice(0, page.limit).map((row) => now.get(row.key) ?? (row.value as T));
  const last = rows[page.limit - 1];
  return { items, next: rows.length > page.limit && last ? `${last.atMs}.${last.key}` : null };
}

function cursorOf(cursor: string | null): { atMs: number; key: string } | null {
  const dot = cursor?.indexOf('.') ?? -1;
  if (cursor === null || dot < 1) return null;
  return { atMs: Number(cursor.slice(0, dot)), key: cursor.slice(dot + 1) };
}

function isAfter(row: Row, before: { atMs: number; key: string } | null): boolean {
  return before === null || row.atMs < before.atMs || (row.atMs === before.atMs && row.key < before.key);
}

const none: AlertCounts = { evidence: 0, duplicate: 0, stale: 0, resolved: 0, own: 0, ignored: 0, malformed: 0 };

/** Passes notifications of Alertmanager to the main loop. A response 200 means that the notification is stored. */
function createAlertTaker(s: Stages, pipeline: Pipeline): ApiDeps['takeAlerts'] {
  let waiting = 0;
  const count = (counts: Partial<Record<AlertOutcome, number>>): void => {
    for (const outcome of alertOutcomes) s.exporter.alerts(outcome, counts[outcome] ?? 0);
  };
  const unavailable = (because: Extract<AlertsTaken, { tag: 'unavailable' }>['because']): AlertsTaken => {
    count({ unavailable: 1 });
    s.log.warn('a notification of Alertmanager was not taken', { because });
    return { tag: 'unavailable', because };
  };
  return async (notification) => {
    if (notification === null) {
      count({ malformed: 1 });
      return { tag: 'taken', outcomes: { ...none, malformed: 1 } };
    }
    if (waiting >= limits.alertPostsWaiting) return unavailable('queue');
    waiting += 1;
    try {
      const taken = await pipeline
        .command((now, absorb) => attempt(() => take(s, notification, now, absorb)))
        .catch(() => null);
      if (taken === null) return unavailable('stopping');
      if (taken.tag === 'error') throw taken.error;
      const outcomes = taken.value;
      count(outcomes);
      return pipeline.publisher.stateTrouble() === null ? { tag: 'taken', outcomes } : unavailable('state');
    } finally {
      waiting -= 1;
    }
  };
}

/**
 * Returns the result of `act`, or its exception as a value. So if the promise of `pipeline.command` rejects, the loop
 * has ended and refused the command.
 */
function attempt<T>(act: () => T): Result<T, unknown> {
  try {
    return ok(act());
  } catch (cause) {
    return error(cause);
  }
}

function take(s: Stages, notification: AlertNotification, now: Now, absorb: Absorb): AlertCounts {
  const turn = s.evidence.take(notification.alerts, s.config, now);
  absorb.notify({ rows: turn.rows, deletes: turn.deletes, outcomes: [] });
  for (const { alertname: alert, registry, startsAtMs } of turn.fresh)
    s.log.info('alert taken as evidence', { alert, registry, startsAtMs });
  for (const registry of new Set(turn.fresh.map((one) => one.registry)))
    absorb.detect(s.detector.confirm(registry, now));
  if (notification.truncated > 0)
    s.log.warn('a notification of Alertmanager was cut', { missing: notification.truncated });
  const counts = { ...none, malformed: notification.malformed };
  for (const outcome of turn.outcomes) counts[outcome] += 1;
  return counts;
}
