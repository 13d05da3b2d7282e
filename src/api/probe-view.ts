import type { Outcome } from '../core/failure.ts';
import { showTarget } from '../core/mirror.ts';
import { partOf } from '../core/part.ts';
import { hopPhasesOf, type KeptProbe, steadyRateOf } from '../core/sample.ts';
import { maskUrl } from '../core/secret.ts';
import type { Facts, Hop } from '../core/transcript.ts';
import { firstBytesTextOf, stamp } from '../core/views.ts';
import { showStored } from '../words/tell.ts';
import { english } from '../words/words.ts';
import { costViewOf, secondsOf } from './views.ts';

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
