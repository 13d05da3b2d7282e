import type { Candidate } from '../core/advice.ts';
import { agrees, type ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { Outcome } from '../core/failure.ts';
import { type Mirror, showTarget, type Upstream } from '../core/mirror.ts';
import { partOf } from '../core/part.ts';
import { hopPhasesOf, type KeptProbe, type SamplePoint, type SeriesNow, steadyRateOf } from '../core/sample.ts';
import { maskUrl } from '../core/secret.ts';
import { wrongModulesOf } from '../core/sides.ts';
import type { Freshness, Standing } from '../core/standing.ts';
import type { AuthorityCost, Cost, Facts, Hop, HttpProtocol } from '../core/transcript.ts';
import type { UpstreamVerdict } from '../core/verdict.ts';
import { firstBytesTextOf, stamp } from '../core/views.ts';
import { saySentence, showStored } from '../words/tell.ts';
import { english } from '../words/words.ts';
import type { ApiDeps } from './deps.ts';

export function secondsOf(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms * 1000) / 1_000_000;
}

export function mirrorViewOf(deps: ApiDeps, mirror: Mirror): object {
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  const canary = canaryViewOf(deps.seriesOf(mirror.name));
  const { candidate, rank } = pagePlaceOf(deps, mirror);
  return {
    registry: mirror.name,
    ...partOf(mirror, 'ecosystem', 'upstream', 'url', 'role', 'weight', 'region'),
    ...standingViewOf(standing),
    canary:
      canary === undefined
        ? null
        : {
            p50Seconds: secondsOf(canary.p50Ms),
            p95Seconds: secondsOf(canary.p95Ms),
            probeId: canary.last?.due.probeId ?? null,
          },
    withdrew: standing?.withdrew ?? [],
    protocol: protocolIn(deps.seriesOf(mirror.name)),
    freshness: freshnessView(deps.freshness(mirror.name)),
    scoreSeconds: candidate?.scoreSeconds ?? null,
    gate: candidate?.gate ?? null,
    rank,
    authorityCost: costViewOf(costIn(deps.seriesOf(mirror.name))),
    clientRuns: deps.clientRuns(mirror.name).map(clientRunView),
    advice: { sum: candidate?.sum ?? null, bound: candidate?.bound ?? null, gate: candidate?.gate ?? null },
  };
}

/** Returns `deps` that compute states only once. The result is valid only while one response is built. */
export function readOnce(deps: ApiDeps): ApiDeps {
  let standings: readonly Standing[] | null = null;
  return {
    ...deps,
    standings() {
      standings ??= deps.standings();
      return standings;
    },
  };
}

/** Returns the HTTP version of the newest probe whose version was not forced; `null`: there is no such probe. */
export function protocolIn(series: readonly SeriesNow[]): HttpProtocol | null {
  const free = series.flatMap(({ last }) => (last === null || last.due.protocol !== undefined ? [] : last));
  const overProtocols = free.filter(({ protocol }) => protocol !== undefined);
  return overProtocols.sort((a, b) => b.startedAtMs - a.startedAtMs)[0]?.protocol ?? null;
}

function clientRunView(run: ClientRun): object {
  const { startedAtMs, tookMs, ours, ecosystem, upstream, registry, sentence, ...shown } = run;
  return {
    ...shown,
    startedAt: stamp(startedAtMs),
    tookSeconds: secondsOf(tookMs),
    agrees: agrees(run),
    ours: ours && partOf(ours, 'outcome', 'step', 'reason', 'probeIds'),
  };
}

function freshnessView(freshness: Freshness | null): object {
  const { releases = 0, p50Ms, p90Ms } = freshness?.propagation ?? {};
  return {
    lagSeconds: { lower: secondsOf(freshness?.lowerMs), upper: secondsOf(freshness?.upperMs) },
    missingVersions: freshness?.missing ?? null,
    propagation: { releases, p50Seconds: secondsOf(p50Ms), p90Seconds: secondsOf(p90Ms) },
  };
}

/** Returns the series of a mirror's canary: the one over cold connections, else the first one; `undefined`: none. */
export function canaryViewOf(series: readonly SeriesNow[]): SeriesNow | undefined {
  const canaries = series.filter(({ target }) => target.canary);
  return canaries.find(({ connection }) => connection === 'cold') ?? canaries[0];
}

/**
 * A mirror's position in the ranking of advice. `rank`: its rank among the mirror in use and those that advice may
 * name, from 1; `null`: it is neither.
 */
export interface Vantage {
  readonly candidate: Candidate | undefined;
  readonly rank: number | null;
  /** True: the mirror ranks before the head of the chain. A switch also needs a test that shows that it is worth it. */
  readonly isAhead: boolean;
}

export function pagePlaceOf(deps: ApiDeps, mirror: Mirror): Vantage {
  const isOfMirror = (one: UpstreamVerdict) => one.ecosystem === mirror.ecosystem && one.upstream === mirror.upstream;
  const candidates = deps.verdicts().find(isOfMirror)?.mirrors ?? [];
  const ranked = candidates.filter(({ gate }) => gate === 'ok' || gate === 'current');
  const place = ranked.findIndex(({ registry }) => registry === mirror.name);
  const head = ranked.findIndex(({ gate }) => gate === 'current');
  return {
    candidate: candidates.find(({ registry }) => registry === mirror.name),
    rank: place < 0 ? null : place + 1,
    isAhead: place >= 0 && place < head,
  };
}

export function standingViewOf(standing: Standing | undefined): object {
  return {
    state: standing?.state ?? 'unknown',
    because: standing === undefined ? 'not asked yet' : saySentence(standing.why, english),
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
    capabilities: standing?.capabilities ?? {},
    findings: standing?.findings.map(({ id }) => id) ?? [],
    wrongModules: wrongModulesOf(standing?.findings ?? []) ?? [],
  };
}

export function targetViewOf(deps: ApiDeps, series: SeriesNow): object {
  const { target, connection, last } = series;
  const baseline = deps.baseline(target.id, connection);
  return {
    ...partOf(target, 'id', 'ecosystem', 'upstream', 'registry', 'module', 'version', 'step'),
    connection,
    canary: target.canary,
    p50Seconds: secondsOf(series.p50Ms),
    p95Seconds: secondsOf(series.p95Ms),
    lastAt: stamp(last?.startedAtMs ?? null),
    lastRttSeconds: secondsOf(last?.outcome.tag === 'ok' ? last.rttMs : null),
    lastOutcome: last === null ? null : outcomeWordOf(last),
    lastOkAt: stamp(series.lastOkAtMs),
    baselineSeconds: secondsOf(baseline?.baselineMs),
    thresholdSeconds: secondsOf(baseline?.thresholdMs),
    slowStreak: baseline?.streak ?? null,
    resolvedVersion: last?.facts.resolvedVersion ?? null,
    signature: last?.facts.signature ?? null,
    probeId: last?.due.probeId ?? null,
  };
}

/** Returns the outcome as one word: `ok`, the reason of a failure, or `unknown:` and the cause. */
export function outcomeWordOf({ outcome }: Pick<SamplePoint, 'outcome'>): string {
  return outcome.tag === 'ok' ? 'ok' : outcome.tag === 'failed' ? outcome.failure.kind : `unknown: ${outcome.because}`;
}

/**
 * Returns what verification by an authority (Go: the checksum database) costs a client, for the API; `null`: not
 * measured.
 */
function costViewOf(cost: AuthorityCost | undefined): object | null {
  const way = (one: Cost | null): object | null =>
    one === null ? null : { requests: one.requests, seconds: secondsOf(one.ms) };
  return cost === undefined ? null : { relayed: way(cost.relayed), direct: way(cost.direct) };
}

export function costIn(series: readonly SeriesNow[]): AuthorityCost | undefined {
  return series.map(({ last }) => last?.facts.authorityCost).find((cost) => cost !== undefined);
}

export interface ViewGroup extends Upstream {
  readonly mirrors: readonly Mirror[];
}

/**
 * Groups the mirrors by upstream. Groups of the same ecosystem are adjacent. Otherwise the order of the configuration
 * file is kept.
 */
export function viewGroupsOf({ mirrors }: Pick<Config, 'mirrors'>): readonly ViewGroup[] {
  const ecosystems = Map.groupBy(mirrors, ({ ecosystem }) => ecosystem);
  return [...ecosystems].flatMap(([ecosystem, all]) =>
    [...Map.groupBy(all, ({ upstream }) => upstream)].map(([upstream, mine]) => ({
      ecosystem,
      upstream,
      mirrors: mine,
    })),
  );
}

export function probeView({ sample, transcript }: KeptProbe): object {
  return {
    id: sample.due.probeId,
    target: showTarget(sample.due.target),
    ...partOf(sample.due, 'connection', 'purpose', 'round'),
    startedAt: stamp(sample.startedAtMs),
    outcome: outcomeView(sample.outcome),
    rttSeconds: secondsOf(sample.rttMs),
    phasesSeconds: Object.fromEntries(Object.entries(sample.phases).map(([phase, ms]) => [phase, secondsOf(ms)])),
    cold: sample.cold,
    baselineSeconds: secondsOf(sample.baselineMs),
    thresholdSeconds: secondsOf(sample.thresholdMs),
    bytes: sample.bytes,
    throughputBytesPerSecond: steadyRateOf(sample),
    cache: sample.cache,
    finalUrl: sample.finalUrl === null ? null : maskUrl(sample.finalUrl),
    facts: factsView(sample.facts),
    loopDelaySeconds: secondsOf(sample.loopDelayMsMax),
    worker: sample.worker,
    errorLine: transcript?.errorLine ?? null,
    hops: transcript?.hops.map(hopView) ?? null,
  };
}

/**
 * Returns the facts for the API. Absent facts are `null` or `false`, and a list of versions is reduced to its length.
 */
function factsView(facts: Facts): object {
  return {
    resolvedVersion: facts.resolvedVersion ?? null,
    notOffered: facts.notOffered ?? false,
    versionsListed: facts.listed?.count ?? null,
    verified: facts.verified ?? null,
    compared: facts.compared === undefined ? null : { ...facts.compared, of: facts.compared.of ?? null },
    seen: facts.seen === undefined ? null : { ...facts.seen, firstText: firstBytesTextOf(facts.seen) },
    begins: facts.begins ?? null,
    signature: facts.signature ?? null,
    offers: facts.offers ?? null,
    unchecked: facts.unchecked === undefined ? null : showStored(facts.unchecked, english),
    refused: facts.refused === undefined ? null : showStored(facts.refused, english),
    treeHead: facts.treeHead ?? null,
    authority: facts.authority ?? null,
    authorityCost: costViewOf(facts.authorityCost),
    forked: facts.forked ?? null,
  };
}

function outcomeView(outcome: Outcome): object {
  if (outcome.tag !== 'failed') return outcome;
  const { failure } = outcome;
  if ('limitMs' in failure)
    return { tag: outcome.tag, failure: { kind: failure.kind, limitSeconds: secondsOf(failure.limitMs) } };
  if (failure.kind === 'throttled') {
    const { kind, status, retryAfterMs } = failure;
    return { tag: outcome.tag, failure: { kind, status, retryAfterSeconds: secondsOf(retryAfterMs) } };
  }
  const shown = Object.entries(failure).filter(([field]) => field !== 'sentences');
  return { tag: outcome.tag, failure: Object.fromEntries(shown) };
}

function hopView(hop: Hop): object {
  const { fault, tls } = hop;
  return {
    url: maskUrl(hop.url),
    ...partOf(hop, 'aside', 'reused', 'remoteAddress', 'remotePort', 'family'),
    proxy: hop.proxy === null ? null : maskUrl(hop.proxy),
    protocol: hop.protocol ?? null,
    repeated: hop.repeated ?? null,
    status: hop.status,
    requestHeaders: shownHeadersOf(hop.requestHeaders),
    responseHeaders: shownHeadersOf(hop.responseHeaders),
    bodyBytes: hop.bodyBytes,
    phasesSeconds: Object.fromEntries(hopPhasesOf(hop).map(([phase, ms]) => [phase, secondsOf(ms)])),
    marksSeconds: marksView(hop.marks),
    tls: tls && tlsView(tls),
    fault: fault && faultView(fault),
  };
}

function tlsView({ expiresAtMs, ...tls }: NonNullable<Hop['tls']>): object {
  return { ...tls, expiresAt: stamp(expiresAtMs) };
}

function faultView({ limitMs, resolvesOthers = null, sentence: _, ...fault }: NonNullable<Hop['fault']>): object {
  return { ...fault, limitSeconds: secondsOf(limitMs), resolverAnswersOthers: resolvesOthers };
}

const marksShown = ['resolved', 'connected', 'secured', 'firstByte', 'end'] as const;

/** Returns the times since the start of the hop, seconds; `null`: the hop did not get that far. */
function marksView(marks: Hop['marks']): object {
  const since = (mark: number | undefined): number | null => secondsOf(mark && mark - marks.start);
  return Object.fromEntries(marksShown.map((name) => [name, since(marks[name])]));
}

const secretHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
]);

/** Returns the headers, with masked values where they contain credentials. */
export function shownHeadersOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeaders.has(name.toLowerCase()) ? '***' : value]),
  );
}
