import type { Candidate } from '../core/advice.ts';
import type { Mirror } from '../core/mirror.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Standing } from '../core/standing.ts';
import { stamp } from '../core/views.ts';
import type { ApiDeps, ProbeView, SeriesView } from './deps.ts';

/** Milliseconds as seconds; `null` stays unknown. */
export function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms * 1000) / 1_000_000;
}

/** One mirror as it stands: what `GET /api/v1/mirrors` lists. */
export function mirrorView(deps: ApiDeps, mirror: Mirror): object {
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  const canary = deps.seriesOf(mirror.name).find(({ target, connection }) => target.canary && connection === 'cold');
  const candidates = deps.rank(mirror.ecosystem, mirror.upstream);
  const place = candidates.findIndex(({ registry }) => registry === mirror.name);
  const candidate: Candidate | undefined = candidates[place];
  return {
    registry: mirror.name,
    ecosystem: mirror.ecosystem,
    upstream: mirror.upstream,
    url: mirror.url,
    role: mirror.role,
    weight: mirror.weight,
    region: mirror.region,
    ...standingView(standing),
    canary:
      canary === undefined
        ? null
        : {
            p50Seconds: seconds(canary.p50Ms),
            p95Seconds: seconds(canary.p95Ms),
            probeId: canary.last?.due.probeId ?? null,
          },
    scoreSeconds: candidate?.scoreSeconds ?? null,
    gate: candidate?.gate ?? null,
    rank: candidate && (candidate.gate === 'ok' || candidate.gate === 'current') ? place + 1 : null,
  };
}

function standingView(standing: Standing | undefined): object {
  return {
    state: standing?.state ?? 'unknown',
    because: standing?.because ?? 'not asked yet',
    inDoubt: standing?.inDoubt ?? false,
    paused: standing?.paused ? { until: stamp(standing.paused.untilMs), reason: standing.paused.reason } : null,
    inMaintenance: standing?.inMaintenance ?? false,
    lastOkAt: stamp(standing?.lastOkAtMs ?? null),
    lastJudgedAt: stamp(standing?.lastJudgedAtMs ?? null),
    throttledUntilAt: stamp(standing?.throttledUntilMs ?? null),
    certificate: standing?.certificate
      ? {
          expiresAt: stamp(standing.certificate.expiresAtMs),
          authorizationCode: standing.certificate.authorizationCode,
        }
      : null,
    findings: standing?.findings.map(({ id }) => id) ?? [],
  };
}

/** One series: what `GET /api/v1/targets` lists. */
export function targetView(deps: ApiDeps, series: SeriesView): object {
  const { target, connection, last } = series;
  const baseline = deps.baseline(target.id, connection);
  return {
    id: target.id,
    ecosystem: target.ecosystem,
    upstream: target.upstream,
    registry: target.registry,
    module: target.module,
    version: target.version,
    step: target.step,
    connection,
    canary: target.canary,
    p50Seconds: seconds(series.p50Ms),
    p95Seconds: seconds(series.p95Ms),
    lastRttSeconds: seconds(last?.outcome.tag === 'ok' ? last.rttMs : null),
    lastOutcome: last === null ? null : outcomeWord(last),
    lastOkAt: stamp(series.lastOkAtMs),
    baselineSeconds: seconds(baseline?.baselineMs),
    thresholdSeconds: seconds(baseline?.thresholdMs),
    slowStreak: baseline?.streak ?? null,
    resolvedVersion: last?.facts.resolvedVersion ?? null,
    probeId: last?.due.probeId ?? null,
  };
}

/** `ok`, the reason of a failure, or why nothing could be told. */
export function outcomeWord(sample: SettledSample): string {
  const { outcome } = sample;
  return outcome.tag === 'ok' ? 'ok' : outcome.tag === 'failed' ? outcome.failure.kind : `unknown: ${outcome.because}`;
}

/** The walk from a number back to the wire: the sample and every hop, phases in seconds. */
export function probeView({ sample, transcript }: ProbeView): object {
  return {
    id: sample.due.probeId,
    target: sample.due.target,
    connection: sample.due.connection,
    purpose: sample.due.purpose,
    round: sample.due.round,
    startedAt: stamp(sample.startedAtMs),
    outcome: sample.outcome,
    rttSeconds: seconds(sample.rttMs),
    phasesSeconds: Object.fromEntries(Object.entries(sample.phases).map(([phase, ms]) => [phase, seconds(ms)])),
    cold: sample.cold,
    baselineSeconds: seconds(sample.baselineMs),
    thresholdSeconds: seconds(sample.thresholdMs),
    bytes: sample.bytes,
    cache: sample.cache,
    facts: { ...sample.facts, versions: sample.facts.versions?.length ?? null },
    loopDelaySeconds: seconds(sample.loopDelayMsMax),
    worker: sample.worker,
    errorLine: transcript?.errorLine ?? null,
    hops: transcript?.hops.map((hop) => ({ ...hop, marks: undefined, ...hopTimes(hop.marks) })) ?? null,
  };
}

function hopTimes(marks: NonNullable<ProbeView['transcript']>['hops'][number]['marks']): object {
  const since = (mark: number | undefined): number | null => (mark === undefined ? null : seconds(mark - marks.start));
  return {
    marksSeconds: {
      resolved: since(marks.resolved),
      connected: since(marks.connected),
      secured: since(marks.secured),
      firstByte: since(marks.firstByte),
      end: since(marks.end),
    },
  };
}

const secretHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
]);

/** Headers as they may be shown; what carries a credential is masked, whatever the wire did. */
export function shownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeaders.has(name.toLowerCase()) ? '***' : value]),
  );
}
