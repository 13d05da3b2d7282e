import { basename } from 'node:path';
import type { ClientReport, ClientRun, FetchedFile, OwnVerdict } from '../core/client-run.ts';
import type { Step } from '../core/mirror.ts';
import type { Transcript } from '../core/transcript.ts';
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
  const own = judged.outcome === 'unknown' ? null : await probeOwnSteps(s, request, report.only);
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
