import type { ClientReport, ClientRun, OwnVerdict } from '../core/client-run.ts';
import type { Step } from '../core/mirror.ts';
import type { Visit } from '../schedule/visit.ts';
import type { Stages } from './assemble.ts';
import { type ClientWish, judgeReport } from './client-order.ts';
import { makeDue } from './once.ts';

export type Spent = Parameters<Visit['end']>[0];

/**
 * Judges the run of a client. Unless the outcome is unknown, probes the same module with our own steps for comparison.
 * Returns the run with both results, and what they spent: the transferred bytes, and a throttled step if there was one.
 */
export async function compareRun(
  s: Stages,
  request: ClientWish,
  startedAtMs: number,
  report: ClientReport,
): Promise<readonly [run: ClientRun, spent: Spent]> {
  const { mirror, client, module, version } = request;
  const judged = judgeReport(report, client, mirror.url);
  const own = judged.outcome === 'unknown' ? null : await probeOwnSteps(s, request);
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

/** Probes the steps of the client's fetch until one is not ok. The results of these probes do not go to detection. */
async function probeOwnSteps(s: Stages, { mirror, module, version }: ClientWish) {
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
    const reported = verdict(outcome.tag, isFailed ? outcome.failure.kind : outcome.because);
    const isThrottled = isFailed && outcome.failure.kind === 'throttled';
    return { verdict: reported, wireBytes, throttled: isThrottled ? { step, retryAfterMs: retryAfterMs ?? 0 } : null };
  }
  return { verdict: verdict('ok', null), wireBytes, throttled: null };
}
