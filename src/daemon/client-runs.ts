import {
  agrees,
  type ClientPair,
  type ClientReport,
  type ClientRun,
  type OwnVerdict,
  pairKeyOf,
} from '../core/client-run.ts';
import type { Step } from '../core/mirror.ts';
import type { Row } from '../core/ports.ts';
import { isRoot } from '../io/machine.ts';
import { createClientRota, type RanBefore } from '../schedule/client-rota.ts';
import type { Visit } from '../schedule/visit.ts';
import { causeTextOf } from './asker.ts';
import type { Stages } from './assemble.ts';
import { askOf, bytesOf, type ClientAsk, isShutdown, judgeReport, makeClientOrder, pairsOf } from './client-order.ts';
import { makeDue } from './once.ts';
import type { Pipeline } from './pipeline.ts';

export type ClientRuns = ReturnType<typeof createClientRuns>;

const keyPrefix = 'client|';
const afterDefectMs = 60_000;

/** The stored last run of a pair. `runs`: the number of its runs, repetitions not counted. */
interface Kept {
  readonly run: ClientRun;
  readonly runs: number;
}

type Spent = Parameters<Visit['end']>[0];
const nothingSpent: Spent = { wireBytes: 0, throttled: null };

type Turn = ClientPair & { readonly runs: number };

interface Reported {
  readonly pair: Turn;
  readonly ask: ClientAsk;
  readonly visit: Visit;
  readonly startedAtMs: number;
  readonly report: ClientReport;
}

/** Runs real clients at their own pace, one at a time, and compares them with our own steps. */
export function createClientRuns(s: Stages, pipeline: Pick<Pipeline, 'command'>) {
  const kept = new Map<string, Kept>(
    s.store
      .all('meta')
      .filter(({ key }) => key.startsWith(keyPrefix))
      .map(({ key, value }) => [key.slice(keyPrefix.length), value as Kept]),
  );
  const before = new Map<string, RanBefore>(
    [...kept].map(([key, { run, runs }]) => [key, { startedAtMs: run.startedAtMs, runs }]),
  );
  const rota = createClientRota({ known: before, chance: () => s.random.next() });
  const said = new Set<string>();
  /** The outcome of the last run that differed from our steps, by pair; a run that agrees removes it. */
  const odd = new Map<string, ClientRun['outcome']>();
  let timer: { cancel(): void } | null = null;
  let isStopped = false;
  let underWay: Promise<void> | null = null;
  /** Comparisons in progress: a mirror that hangs must not delay other runs. */
  const comparing = new Set<Promise<void>>();

  const wantedKeys = (): ReadonlySet<string> => new Set(pairsOf(s).map(pairKeyOf));

  function arrange(): void {
    rota.replace(pairsOf(s), s.config.clientRuns?.everyMs ?? 0, s.clock.now());
    const wanted = wantedKeys();
    for (const key of kept.keys()) {
      if (wanted.has(key)) continue;
      kept.delete(key);
      s.ledger.add([], [{ table: 'meta', key: `${keyPrefix}${key}` }]);
    }
    wake();
  }

  function wake(): void {
    timer?.cancel();
    const atMs = rota.nextAtMs();
    if (isStopped || underWay !== null || atMs === null) return;
    timer = s.timers.after(Math.max(0, atMs - s.clock.monotonicMs()), turn);
  }

  function turn(): void {
    const due = isStopped || underWay !== null ? null : rota.due(s.clock.now());
    if (due === null) return wake();
    underWay = once(due)
      .catch((cause: unknown) => {
        defect(due, cause);
        return new Promise<void>((resolve) => s.timers.after(isStopped ? 0 : afterDefectMs, resolve));
      })
      .finally(() => {
        underWay = null;
        wake();
      });
  }

  function defect(pair: ClientPair, cause: unknown): void {
    rota.away(pair, s.clock.now());
    s.log.error('defect in a client run', { cause: causeTextOf(cause) });
  }

  async function once(pair: Turn): Promise<void> {
    const ask = askOf(s, pair, pair.runs);
    const visit = ask === null || s.detector.vantage().suspect === true ? null : begin(ask);
    if (ask === null || visit === null) return rota.away(pair, s.clock.now());
    const startedAtMs = s.clock.wallMs();
    const report = await reportOf(ask).catch((cause: unknown) => {
      visit.end(nothingSpent, s.clock.now());
      throw cause;
    });
    if (report === null) return visit.end(nothingSpent, s.clock.now());
    const rest: Promise<void> = compare({ pair, ask, visit, startedAtMs, report })
      .catch((cause: unknown) => defect(pair, cause))
      .finally(() => {
        comparing.delete(rest);
        wake();
      });
    comparing.add(rest);
  }

  async function compare({ pair, ask, visit, startedAtMs, report }: Reported): Promise<void> {
    let spent: Spent = { wireBytes: report.bytes, throttled: null };
    try {
      const [run, took] = await compared(ask, startedAtMs, report);
      spent = took;
      const again = isOddAgain(pair, run);
      rota.ran(pair, again, s.clock.now());
      await take(pair, run, again ? pair.runs : pair.runs + 1);
    } finally {
      visit.end(spent, s.clock.now());
    }
  }

  /** True if the pair should run again soon: the run differs from our steps, with a new outcome. */
  function isOddAgain(pair: ClientPair, run: ClientRun): boolean {
    const key = pairKeyOf(pair);
    const same = agrees(run);
    const isNews = same === false && odd.get(key) !== run.outcome;
    if (same === true) odd.delete(key);
    if (same === false) odd.set(key, run.outcome);
    return isNews;
  }

  function begin({ mirror }: ClientAsk): Visit | null {
    const visit = s.scheduler.visit(mirror.name, bytesOf(s.registry.of(mirror.ecosystem)), s.clock.now());
    if (typeof visit !== 'string') return visit;
    s.log.debug('client run put off', { registry: mirror.name, because: visit });
    return null;
  }

  /** `null`: the daemon is stopping. */
  async function reportOf(ask: ClientAsk): Promise<ClientReport | null> {
    const means = { config: s.config, registry: s.registry, version: s.version, isRoot: isRoot() };
    const report = await s.clients?.run(makeClientOrder(ask, means));
    return report === undefined || isShutdown(report) ? null : report;
  }

  async function compared(
    ask: ClientAsk,
    startedAtMs: number,
    report: ClientReport,
  ): Promise<readonly [run: ClientRun, spent: Spent]> {
    const { mirror, client, module, version } = ask;
    const judged = judgeReport(report, client, mirror.url);
    const own = judged.outcome === 'unknown' ? null : await ownVerdict(ask);
    const run: ClientRun = {
      registry: mirror.name,
      ecosystem: mirror.ecosystem,
      upstream: mirror.upstream,
      client: client.id,
      module,
      version,
      startedAtMs,
      tookMs: report.tookMs,
      ...judged,
      files: report.files,
      bytes: report.bytes,
      words: report.words,
      ours: own?.verdict ?? null,
    };
    return [run, { wireBytes: report.bytes + (own?.wireBytes ?? 0), throttled: own?.throttled ?? null }];
  }

  /** Probes the steps of the client's fetch until one is not ok. These probes are not judged. */
  async function ownVerdict({ mirror, module, version }: ClientAsk) {
    const probeIds: string[] = [];
    let wireBytes = 0;
    let last: Step = '';
    const verdict = (outcome: OwnVerdict['outcome'], reason: string | null): OwnVerdict => ({
      outcome,
      step: last,
      reason,
      probeIds,
    });
    for (const step of s.registry.of(mirror.ecosystem)?.fetch ?? []) {
      last = step;
      const due = makeDue({ mirror, module, version, step }, s.config, s);
      const { sample, transcript } = await s.workers.probe(due);
      s.board.take({ ...sample, cold: false, thresholdMs: null, baselineMs: null }, transcript);
      probeIds.push(due.probeId);
      wireBytes += sample.wireBytes;
      const { outcome, retryAfterMs } = sample;
      if (outcome.tag === 'ok') continue;
      const isFailed = outcome.tag === 'failed';
      const told = verdict(outcome.tag, isFailed ? outcome.failure.kind : outcome.because);
      const isThrottled = isFailed && outcome.failure.kind === 'throttled';
      return { verdict: told, wireBytes, throttled: isThrottled ? { step, retryAfterMs: retryAfterMs ?? 0 } : null };
    }
    return { verdict: verdict('ok', null), wireBytes, throttled: null };
  }

  /** Records a run. That of a removed pair, or after `stop`, is only logged. */
  async function take(pair: ClientPair, run: ClientRun, runs: number): Promise<void> {
    const key = pairKeyOf(pair);
    tell(run);
    if (isStopped || !wantedKeys().has(key)) return;
    kept.set(key, { run, runs });
    await pipeline.command((now, absorb) => {
      const row: Row = { table: 'meta', key: `${keyPrefix}${key}`, atMs: now.wallMs, value: { run, runs } };
      s.ledger.add([row], []);
      s.exporter.clientRun(run);
      if (s.detector.vantage().suspect === true) return;
      absorb.detect(s.detector.clientRan(run, now));
      if (run.outcome === 'failed') s.advisor.clientFailed(run);
    });
  }

  function tell(run: ClientRun): void {
    const { registry, client, outcome, reason, exitCode } = run;
    const fields = { registry, client, outcome, reason, exitCode, seconds: run.tookMs / 1000, agrees: agrees(run) };
    if (exitCode !== null || outcome !== 'unknown') return s.log.info('client run', fields);
    const key = `${client}|${reason}`;
    if (!said.has(key)) s.log.warn('client could not be run', fields);
    said.add(key);
  }

  return {
    start: arrange,
    reconfigured: arrange,
    of: (registry: string): readonly ClientRun[] =>
      pairsOf(s).flatMap((pair) => (pair.registry === registry ? (kept.get(pairKeyOf(pair))?.run ?? []) : [])),
    /** Kills the running client; resolves once it has exited and all comparisons have ended. */
    async stop(): Promise<void> {
      isStopped = true;
      timer?.cancel();
      await s.clients?.close();
      await underWay;
      await Promise.all(comparing);
    },
  };
}
