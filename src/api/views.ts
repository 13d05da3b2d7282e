import type { Candidate } from '../core/advice.ts';
import type { AuthorityCost, Cost } from '../core/authority-cost.ts';
import { agrees, type ClientRun } from '../core/client-run.ts';
import type { Outcome } from '../core/failure.ts';
import { hopPhases } from '../core/hop-phases.ts';
import type { Mirror } from '../core/mirror.ts';
import { type SamplePoint, steadyRate } from '../core/sample.ts';
import { maskUrl } from '../core/secret.ts';
import type { Freshness, Standing } from '../core/standing.ts';
import { shownTarget } from '../core/target.ts';
import type { Facts, Hop, HttpProtocol } from '../core/transcript.ts';
import { firstBytesText, stamp } from '../core/views.ts';
import type { ApiDeps, ProbeView, SeriesView } from './deps.ts';

/** Milliseconds as seconds; `null` stays unknown. */
export function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms * 1000) / 1_000_000;
}

/** One mirror as it stands: what `GET /api/v1/mirrors` lists. */
export function mirrorView(deps: ApiDeps, mirror: Mirror): object {
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  const canary = canaryOf(deps.seriesOf(mirror.name));
  const { candidate, rank } = placeOf(deps, mirror);
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
    protocol: protocolIn(deps.seriesOf(mirror.name)),
    freshness: freshnessView(deps.freshness(mirror.name)),
    scoreSeconds: candidate?.scoreSeconds ?? null,
    gate: candidate?.gate ?? null,
    rank,
    authorityCost: costView(costIn(deps.seriesOf(mirror.name))),
    clientRuns: deps.clientRuns(mirror.name).map(clientRunView),
    advice: { sum: candidate?.sum ?? null, bound: candidate?.bound ?? null, gate: candidate?.gate ?? null },
  };
}

/** The HTTP version that clients of a mirror get, by its newest probe that could choose; `null`: no connection yet. */
export function protocolIn(series: readonly SeriesView[]): HttpProtocol | null {
  const free = series.flatMap(({ last }) => (last === null || last.due.protocol !== undefined ? [] : last));
  const heard = free.filter(({ protocol }) => protocol !== undefined);
  return heard.sort((a, b) => b.startedAtMs - a.startedAtMs)[0]?.protocol ?? null;
}

/** A real client's run, and how it compares with our own steps. */
function clientRunView(run: ClientRun): object {
  const { client, module, version, outcome, reason, exitCode, files, bytes, words, ours } = run;
  return {
    client,
    module,
    version,
    startedAt: stamp(run.startedAtMs),
    tookSeconds: seconds(run.tookMs),
    outcome,
    reason,
    exitCode,
    files,
    bytes,
    words,
    agrees: agrees(run),
    ours: ours === null ? null : { ...ours, probeIds: [...ours.probeIds] },
  };
}

function freshnessView(freshness: Freshness | null): object {
  const { releases = 0, p50Ms, p90Ms } = freshness?.propagation ?? {};
  return {
    lagSeconds: { lower: seconds(freshness?.lowerMs), upper: seconds(freshness?.upperMs) },
    missingVersions: freshness?.missing ?? null,
    propagation: { releases, p50Seconds: seconds(p50Ms), p90Seconds: seconds(p90Ms) },
  };
}

/** The series that judges a mirror's liveness: cold where there is one. */
export function canaryOf(series: readonly SeriesView[]): SeriesView | undefined {
  const canaries = series.filter(({ target }) => target.canary);
  return canaries.find(({ connection }) => connection === 'cold') ?? canaries[0];
}

/** How a mirror was weighed, and its place from 1 among those that may be advised; `null` elsewhere. */
export function placeOf(
  deps: ApiDeps,
  mirror: Mirror,
): { readonly candidate: Candidate | undefined; readonly rank: number | null } {
  const candidates = deps.rank(mirror.ecosystem, mirror.upstream);
  const ranked = candidates.filter(({ gate }) => gate === 'ok' || gate === 'current');
  const place = ranked.findIndex(({ registry }) => registry === mirror.name);
  return {
    candidate: candidates.find(({ registry }) => registry === mirror.name),
    rank: place < 0 ? null : place + 1,
  };
}

/** What a standing adds to its mirror. */
export function standingView(standing: Standing | undefined): object {
  return {
    state: standing?.state ?? 'unknown',
    because: standing?.because ?? 'not asked yet',
    inDoubt: standing?.inDoubt ?? false,
    paused: standing?.paused ? { untilAt: stamp(standing.paused.untilMs), reason: standing.paused.reason } : null,
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
    lastAt: stamp(last?.startedAtMs ?? null),
    lastRttSeconds: seconds(last?.outcome.tag === 'ok' ? last.rttMs : null),
    lastOutcome: last === null ? null : outcomeWord(last),
    lastOkAt: stamp(series.lastOkAtMs),
    baselineSeconds: seconds(baseline?.baselineMs),
    thresholdSeconds: seconds(baseline?.thresholdMs),
    slowStreak: baseline?.streak ?? null,
    resolvedVersion: last?.facts.resolvedVersion ?? null,
    signature: last?.facts.signature ?? null,
    probeId: last?.due.probeId ?? null,
  };
}

/** `ok`, the reason of a failure, or why nothing could be told. */
export function outcomeWord({ outcome }: Pick<SamplePoint, 'outcome'>): string {
  return outcome.tag === 'ok' ? 'ok' : outcome.tag === 'failed' ? outcome.failure.kind : `unknown: ${outcome.because}`;
}

/** The walk from a number back to the wire: the sample and every hop, phases in seconds. */
export function probeView({ sample, transcript }: ProbeView): object {
  return {
    id: sample.due.probeId,
    target: shownTarget(sample.due.target),
    connection: sample.due.connection,
    purpose: sample.due.purpose,
    round: sample.due.round,
    startedAt: stamp(sample.startedAtMs),
    outcome: outcomeView(sample.outcome),
    rttSeconds: seconds(sample.rttMs),
    phasesSeconds: Object.fromEntries(Object.entries(sample.phases).map(([phase, ms]) => [phase, seconds(ms)])),
    cold: sample.cold,
    baselineSeconds: seconds(sample.baselineMs),
    thresholdSeconds: seconds(sample.thresholdMs),
    bytes: sample.bytes,
    throughputBytesPerSecond: steadyRate(sample),
    cache: sample.cache,
    finalUrl: sample.finalUrl === null ? null : maskUrl(sample.finalUrl),
    facts: factsView(sample.facts),
    loopDelaySeconds: seconds(sample.loopDelayMsMax),
    worker: sample.worker,
    errorLine: transcript?.errorLine ?? null,
    hops: transcript?.hops.map(hopView) ?? null,
  };
}

/** What an authority costs a client, in seconds; `null`: not measured. */
function costView(cost: AuthorityCost | undefined): object | null {
  const way = (one: Cost | null): object | null =>
    one === null ? null : { requests: one.requests, seconds: seconds(one.ms) };
  return cost === undefined ? null : { relayed: way(cost.relayed), direct: way(cost.direct) };
}

/** What the last answers of a mirror said of it; `undefined`: nothing yet. */
export function costIn(series: readonly SeriesView[]): AuthorityCost | undefined {
  return series.map(({ last }) => last?.facts.authorityCost).find((cost) => cost !== undefined);
}

/** What was learned, each key there; a list of versions as its length. */
function factsView(facts: Facts): object {
  return {
    resolvedVersion: facts.resolvedVersion ?? null,
    notOffered: facts.notOffered ?? false,
    versionsListed: facts.listed?.count ?? null,
    verified: facts.verified ?? null,
    compared: facts.compared === undefined ? null : { ...facts.compared, of: facts.compared.of ?? null },
    seen: facts.seen === undefined ? null : { ...facts.seen, firstText: firstBytesText(facts.seen) },
    signature: facts.signature ?? null,
    treeHead: facts.treeHead ?? null,
    authority: facts.authority ?? null,
    authorityCost: costView(facts.authorityCost),
    forked: facts.forked ?? null,
  };
}

/** An outcome with its durations in seconds. */
function outcomeView(outcome: Outcome): object {
  if (outcome.tag !== 'failed') return outcome;
  const { failure } = outcome;
  if ('limitMs' in failure)
    return { tag: outcome.tag, failure: { kind: failure.kind, limitSeconds: seconds(failure.limitMs) } };
  if (failure.kind === 'throttled') {
    const { kind, status, retryAfterMs } = failure;
    return { tag: outcome.tag, failure: { kind, status, retryAfterSeconds: seconds(retryAfterMs) } };
  }
  return outcome;
}

function hopView(hop: Hop): object {
  const { fault, tls } = hop;
  return {
    url: maskUrl(hop.url),
    aside: hop.aside,
    reused: hop.reused,
    remoteAddress: hop.remoteAddress,
    remotePort: hop.remotePort,
    family: hop.family,
    proxy: hop.proxy === null ? null : maskUrl(hop.proxy),
    protocol: hop.protocol ?? null,
    repeated: hop.repeated ?? null,
    status: hop.status,
    requestHeaders: shownHeaders(hop.requestHeaders),
    responseHeaders: shownHeaders(hop.responseHeaders),
    bodyBytes: hop.bodyBytes,
    phasesSeconds: Object.fromEntries(hopPhases(hop).map(([phase, ms]) => [phase, seconds(ms)])),
    ...hopTimes(hop.marks),
    tls:
      tls === null
        ? null
        : {
            version: tls.version,
            cipher: tls.cipher,
            issuer: tls.issuer,
            expiresAt: stamp(tls.expiresAtMs),
            spkiSha256: tls.spkiSha256,
            resumed: tls.resumed,
            authorizationCode: tls.authorizationCode,
          },
    fault:
      fault === null
        ? null
        : {
            code: fault.code,
            phase: fault.phase,
            text: fault.text,
            bytesRead: fault.bytesRead,
            limitSeconds: seconds(fault.limitMs),
            resolverAnswersOthers: fault.resolverAnswersOthers ?? null,
          },
  };
}

function hopTimes(marks: Hop['marks']): object {
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
