import { basename } from 'node:path';
import {
  agrees,
  type ClientPair,
  type ClientReport,
  type ClientRun,
  type FetchedFile,
  type OwnVerdict,
  pairKeyOf,
} from '../core/client-run.ts';
import type { Step } from '../core/mirror.ts';
import { partOf } from '../core/part.ts';
import type { Row } from '../core/ports.ts';
import type { Transcript } from '../core/transcript.ts';
import { isRoot } from '../io/machine.ts';
import { createClientRota, type RanBefore } from '../schedule/client-rota.ts';
import type { Visit } from '../schedule/visit.ts';
import { causeTextOf } from './asker.ts';
import type { Stages } from './assemble.ts';
import { bytesOf, type ClientWish, clientOrderFor, judgeReport, makeClientOrder, pairsOf } from './client-order.ts';
import { makeDue } from './once.ts';
import type { Pipeline } from './pipeline.ts';

const keyPrefix = 'client|';
const afterDefectMs = 60_000;

/**
 * The stored last run of a pair (a client and a mirror). `runs`: the number of runs of the pair. A run that is repeated
 * because its result differed from that of our own probes is not counted.
 */
interface Kept {
  readonly run: ClientRun;
  readonly runs: number;
}

const nothingSpent: Spent = { wireBytes: 0, throttled: null };

type Turn = ClientPair & { readonly runs: number };

interface Reported {
  readonly pair: Turn;
  readonly wish: ClientWish;
  readonly visit: Visit;
  readonly startedAtMs: number;
  readonly report: ClientReport;
}

/** Runs real clients at their own pace, one at a time, and compares each result with that of our own probes. */
export class ClientRuns {
  readonly #s: Stages;
  readonly #pipeline: Pick<Pipeline, 'command'>;
  readonly #kept: Map<string, Kept>;
  readonly #rota: ReturnType<typeof createClientRota>;
  readonly logged = new Set<string>();
  /**
   * By pair: the outcome of the last run whose result differed from that of our own probes. A later run that agrees
   * removes the entry.
   */
  readonly #odd = new Map<string, ClientRun['outcome']>();
  /** Comparisons in progress. Other runs do not wait for them, because a mirror may hang. */
  readonly #comparing = new Set<Promise<void>>();
  #timer: { cancel(): void } | null = null;
  #isStopped = false;
  #underWay: Promise<void> | null = null;

  constructor(s: Stages, pipeline: Pick<Pipeline, 'command'>) {
    this.#s = s;
    this.#pipeline = pipeline;
    const rows = s.store.all('meta').filter(({ key }) => key.startsWith(keyPrefix));
    this.#kept = new Map(rows.map(({ key, value }) => [key.slice(keyPrefix.length), value as Kept]));
    const before = new Map<string, RanBefore>(
      [...this.#kept].map(([key, { run, runs }]) => [key, { startedAtMs: run.startedAtMs, runs }]),
    );
    this.#rota = createClientRota({ known: before, chance: () => s.random.next() });
  }

  of(registry: string): readonly ClientRun[] {
    return pairsOf(this.#s).flatMap((pair) =>
      pair.registry === registry ? (this.#kept.get(pairKeyOf(pair))?.run ?? []) : [],
    );
  }

  arrange(): void {
    const s = this.#s;
    this.#rota.replace(pairsOf(s), s.config.clientRuns?.everyMs ?? 0, s.clock.now());
    const wanted = this.#wantedKeys();
    for (const key of this.#kept.keys()) {
      if (wanted.has(key)) continue;
      this.#kept.delete(key);
      s.ledger.add([], [{ table: 'meta', key: `${keyPrefix}${key}` }]);
    }
    this.#wake();
  }

  /** Kills the running client; resolves once it has exited and all comparisons have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#s.clients?.close();
    await this.#underWay;
    await Promise.all(this.#comparing);
  }

  #wantedKeys(): ReadonlySet<string> {
    return new Set(pairsOf(this.#s).map(pairKeyOf));
  }

  #wake(): void {
    this.#timer?.cancel();
    const atMs = this.#rota.nextAtMs();
    if (this.#isStopped || this.#underWay !== null || atMs === null) return;
    const { timers, clock } = this.#s;
    this.#timer = timers.after(Math.max(0, atMs - clock.monotonicMs()), () => this.#turn());
  }

  #turn(): void {
    const { timers, clock } = this.#s;
    const due = this.#isStopped || this.#underWay !== null ? null : this.#rota.due(clock.now());
    if (due === null) return this.#wake();
    this.#underWay = this.#once(due)
      .catch((cause: unknown) => {
        this.#defect(due, cause);
        return new Promise<void>((resolve) => timers.after(this.#isStopped ? 0 : afterDefectMs, resolve));
      })
      .finally(() => {
        this.#underWay = null;
        this.#wake();
      });
  }

  #defect(pair: ClientPair, cause: unknown): void {
    this.#rota.away(pair, this.#s.clock.now());
    this.#s.log.error('defect in a client run', { cause: causeTextOf(cause) });
  }

  async #once(pair: Turn): Promise<void> {
    const s = this.#s;
    const wish = clientOrderFor(s, pair, pair.runs);
    const visit = wish === null || s.detector.vantage().suspect === true ? null : beginVisit(s, wish);
    if (wish === null || visit === null) return this.#rota.away(pair, s.clock.now());
    const startedAtMs = s.clock.wallMs();
    const report = await reportOf(s, wish).catch((cause: unknown) => {
      visit.end(nothingSpent, s.clock.now());
      throw cause;
    });
    if (report === null) return visit.end(nothingSpent, s.clock.now());
    const rest: Promise<void> = this.#compare({ pair, wish, visit, startedAtMs, report })
      .catch((cause: unknown) => this.#defect(pair, cause))
      .finally(() => {
        this.#comparing.delete(rest);
        this.#wake();
      });
    this.#comparing.add(rest);
  }

  async #compare({ pair, wish, visit, startedAtMs, report }: Reported): Promise<void> {
    const { clock } = this.#s;
    let spent: Spent = { wireBytes: report.bytes, throttled: null };
    try {
      const [run, took] = await compareRun(this.#s, wish, startedAtMs, report);
      spent = took;
      const again = this.#isOddAgain(pair, run);
      this.#rota.ran(pair, again, clock.now());
      await this.#take(pair, run, again ? pair.runs : pair.runs + 1);
    } finally {
      visit.end(spent, clock.now());
    }
  }

  /**
   * True if the pair should run again soon: the result differs from that of our own probes, and the run has a new
   * outcome.
   */
  #isOddAgain(pair: ClientPair, run: ClientRun): boolean {
    const key = pairKeyOf(pair);
    const same = agrees(run);
    const isChange = same === false && this.#odd.get(key) !== run.outcome;
    if (same === true) this.#odd.delete(key);
    if (same === false) this.#odd.set(key, run.outcome);
    return isChange;
  }

  /** Records a run. If the pair was removed, or after `stop`, the run is only logged. */
  async #take(pair: ClientPair, run: ClientRun, runs: number): Promise<void> {
    const s = this.#s;
    const key = pairKeyOf(pair);
    this.#log(run);
    if (this.#isStopped || !this.#wantedKeys().has(key)) return;
    this.#kept.set(key, { run, runs });
    await this.#pipeline.command((now, absorb) => {
      const row: Row = { table: 'meta', key: `${keyPrefix}${key}`, atMs: now.wallMs, value: { run, runs } };
      s.ledger.add([row], []);
      s.exporter.clientRun(run);
      if (s.detector.vantage().suspect === true) return;
      absorb.detect(s.detector.clientRan(run, now));
      if (run.outcome === 'failed') s.advisor.clientFailed(run);
    });
  }

  #log(run: ClientRun): void {
    const { log } = this.#s;
    const { registry, client, outcome, reason, exitCode } = run;
    const fields = { registry, client, outcome, reason, exitCode, seconds: run.tookMs / 1000, agrees: agrees(run) };
    if (exitCode !== null || outcome !== 'unknown') return log.info('client run', fields);
    const key = `${client}|${reason}`;
    if (!this.logged.has(key)) log.warn('client could not be run', fields);
    this.logged.add(key);
  }
}

function beginVisit(s: Stages, { mirror }: ClientWish): Visit | null {
  const visit = s.scheduler.visit(mirror.name, bytesOf(s.registry.of(mirror.ecosystem)), s.clock.now());
  if (typeof visit !== 'string') return visit;
  s.log.debug('client run put off', { registry: mirror.name, because: visit });
  return null;
}

/** Runs the client and returns its report; `null`: the daemon is stopping. */
async function reportOf(s: Stages, wish: ClientWish): Promise<ClientReport | null> {
  const means = { config: s.config, registry: s.registry, version: s.version, isRoot: isRoot() };
  const report = await s.clients?.run(makeClientOrder(wish, means));
  return report === undefined || (report.end.tag === 'not_run' && report.end.because === 'shutdown') ? null : report;
}

type Spent = Parameters<Visit['end']>[0];

/**
 * Judges the run of a client. Unless the outcome is unknown, probes the same module with our own steps for comparison.
 * Returns the run with both results, and what they spent: the transferred bytes, and a throttled step if there was one.
 */
async function compareRun(
  s: Stages,
  request: ClientWish,
  startedAtMs: number,
  report: ClientReport,
): Promise<readonly [run: ClientRun, spent: Spent]> {
  const { mirror, client, module, version } = request;
  const judged = judgeReport(report, client, mirror.url);
  const own = judged.outcome === 'unknown' ? null : await probeOwnSteps(s, request, report.only);
  const run: ClientRun = {
    registry: mirror.name,
    ...partOf(mirror, 'ecosystem', 'upstream'),
    client: client.id,
    module,
    version,
    startedAtMs,
    tookMs: report.tookMs,
    ...judged,
    ...partOf(report, 'files', 'bytes', 'words'),
    ours: own?.verdict ?? null,
  };
  return [run, { wireBytes: report.bytes + (own?.wireBytes ?? 0), throttled: own?.throttled ?? null }];
}

/**
 * Probes the steps of the client's fetch until one is not ok. The results of these probes do not go to detection.
 * @param fetched  the only file that the client fetched; `undefined`: not known
 */
async function probeOwnSteps(s: Stages, { mirror, module, version }: ClientWish, fetched: FetchedFile | undefined) {
  const probeIds: string[] = [];
  let wireBytes = 0;
  let last: Step = '';
  let isOther = false;
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
    isOther = fetched !== undefined && isOtherFile(fetched, transcript);
    const { outcome, retryAfterMs } = sample;
    if (outcome.tag === 'ok') continue;
    const isFailed = outcome.tag === 'failed';
    const reported = verdict(outcome.tag, isFailed ? outcome.failure.kind : outcome.because);
    const isThrottled = isFailed && outcome.failure.kind === 'throttled';
    return { verdict: reported, wireBytes, throttled: isThrottled ? { step, retryAfterMs: retryAfterMs ?? 0 } : null };
  }
  const ok = verdict('ok', null);
  return { verdict: isOther ? { ...ok, otherBytes: true as const } : ok, wireBytes, throttled: null };
}

/**
 * True if the file of the client has another hash than the same file in our own probe. A mirror may recognise our
 * probes, and send other bytes to clients together with their hash. False if nothing shows that it is the same file:
 * pip may choose another wheel than our probe.
 */
export function isOtherFile({ name, ...hashes }: FetchedFile, { verdict: { facts }, hops }: Transcript): boolean {
  const ours = facts.compared ?? facts.verified;
  if (ours?.algorithm !== 'sha256' && ours?.algorithm !== 'sha512') return false;
  const names = hops.map(({ url }) => basename(new URL(url).pathname)).filter((one) => one !== '');
  if (!names.some((one) => name.endsWith(one))) return false;
  const hex = hashes[ours.algorithm];
  const digest = ours.digest.replace(/^sha(?:256|512)[:-]/, '');
  return digest !== hex && digest !== Buffer.from(hex, 'hex').toString('base64');
}
