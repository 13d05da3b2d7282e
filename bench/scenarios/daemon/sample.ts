import type { ControlResponse, Due } from '../../../src/core/due.ts';
import type { Outcome, ProbeFailure } from '../../../src/core/failure.ts';
import { limits } from '../../../src/core/limits.ts';
import { type EcosystemId, isHeavy } from '../../../src/core/mirror.ts';
import type { Sample } from '../../../src/core/sample.ts';
import type { Facts, TlsFacts } from '../../../src/core/transcript.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import type { Answer, World, WorldEvent, WorldReason, WorldStep } from '../world.ts';
import { hashText, uniformOf } from '../worlds/model/hash.ts';

const dayMs = 86_400_000;

/** The time of the wall clock at the start of a world, milliseconds. */
export const epochMs = Date.UTC(2026, 0, 1);

type Stall = Extract<WorldEvent, { kind: 'stall' }>;

/**
 * The sample of a probe that starts at `startMs`, as a probing thread would return it. It arrives at its
 * `endedMonotonicMs`.
 */
export function sampleOf(
  world: World,
  address: string | null,
  due: Due,
  startMs: number,
  wallMs: number,
  stalls: readonly Stall[],
): Sample {
  const { target, timeoutMs, idleMs = timeoutMs } = due;
  const isPeek = due.purpose === 'peek';
  const bytesMax = isPeek ? limits.peekBytes : Number.POSITIVE_INFINITY;
  const { step, module, version } = target;
  const over = due.family === undefined ? {} : { family: due.family };
  const question = { step: worldStepOf(target.ecosystem, step), module, version, bytesMax, ...over };
  const asked = world.ask(target.registry, question, startMs);
  const answer = seen(asked, isPeek);
  const limitMs = Number.isFinite(answer.tookMs) ? timeoutMs : Math.min(timeoutMs, idleMs);
  const { endMs, delayMs } = stretched(startMs, Math.min(answer.tookMs, limitMs), stalls);
  const tookMs = endMs - startMs;
  const isLate = !(answer.tookMs < limitMs) || tookMs >= limitMs;
  const outcome: Outcome =
    answer.unknown !== null
      ? { tag: 'unknown', because: answer.unknown }
      : isLate
        ? { tag: 'failed', failure: { kind: lateKind(answer), limitMs } }
        : answer.reason === null
          ? { tag: 'ok' }
          : { tag: 'failed', failure: failureOf(answer.reason, answer, target.registry) };
  const hasHead = answer.unknown === null && !isLate;
  const isResolved = answer.unknown === null && !(answer.reason ?? '').startsWith('resolve_');
  return {
    due,
    startedAtMs: wallMs,
    startedMonotonicMs: startMs,
    endedMonotonicMs: endMs,
    outcome,
    rttMs: answer.unknown === null ? tookMs : null,
    phases: answer.unknown === null ? { [isHeavy(target) ? 'transfer' : 'processing']: tookMs } : {},
    bytes: hasHead ? answer.bytes : 0,
    wireBytes: hasHead ? answer.bytes : 0,
    requests: 1,
    status: hasHead ? answer.status : null,
    finalUrl: null,
    remoteAddress: isResolved ? address : null,
    family: isResolved ? answer.family : null,
    tls: hasHead && answer.certificateDays !== null ? tlsOf(answer, startMs) : null,
    cache: hasHead ? answer.cache : null,
    retryAfterMs: hasHead ? answer.retryAfterMs : null,
    facts:
      question.step === 'zip' && (answer.reason === null || answer.reason === 'mismatch')
        ? beginsOf(asked, `${world.seed} ${target.id}`)
        : {},
    loopDelayMsMax: delayMs,
    worker: 0,
  };
}

/**
 * The step of Go that simulates a step of another ecosystem: `mod` for the canary, `zip` for a download, `list` or
 * `info` for other requests about a module, and `sumdb` for requests without a module.
 */
export function worldStepOf(ecosystem: EcosystemId, step: string): WorldStep {
  const found = registry.of(ecosystem);
  const facts = found?.steps[step];
  if (ecosystem === 'go' || found === null || facts === undefined) return step as WorldStep;
  if (step === found.canary) return 'mod';
  if (facts.weight === 'heavy') return 'zip';
  return facts.grain === 'mirror' ? 'sumdb' : facts.grain === 'module' ? 'list' : 'info';
}

/** A mirror that never responds counts as one to which no connection is possible. */
function lateKind({ tookMs }: Answer): 'timeout_connect' | 'timeout_processing' {
  return Number.isFinite(tookMs) ? 'timeout_processing' : 'timeout_connect';
}

/** The response of a control to a request at `startMs`. `endMs`: when it arrives, monotonic milliseconds. */
export function controlOf(
  world: World,
  name: string,
  timeoutMs: number,
  startMs: number,
  stalls: readonly Stall[],
): { readonly endMs: number; readonly answer: Omit<ControlResponse, 'at'> } {
  const { answered, tookMs } = world.control(name, startMs);
  const { endMs } = stretched(startMs, Math.min(tookMs, timeoutMs), stalls);
  const isLate = !(tookMs < timeoutMs);
  const isUp = answered && !isLate;
  const code = isUp ? null : isLate ? 'timeout' : 'ECONNREFUSED';
  return { endMs, answer: { name, answered: isUp, latencyMs: isUp ? tookMs : null, code } };
}

/**
 * A stalled process sees a response only at the end of the stall. `delayMs`: the length of the longest stall during the
 * request.
 */
function stretched(startMs: number, tookMs: number, stalls: readonly Stall[]): { endMs: number; delayMs: number } {
  let endMs = startMs + tookMs;
  let delayMs = 0;
  for (const { atMs, forMs } of stalls) {
    if (atMs + forMs <= startMs || endMs <= atMs) continue;
    delayMs = Math.max(delayMs, forMs);
    endMs = Math.max(endMs, atMs + forMs);
  }
  return { endMs, delayMs };
}

/** The share of artifacts with wrong bytes whose length or first bytes are wrong too. */
const shownShare = 0.5;

function beginsOf({ reason }: Answer, artifact: string): Pick<Facts, 'begins'> {
  const isWrong = reason === 'mismatch' && uniformOf(hashText(artifact), 0) < shownShare;
  return { begins: { digest: isWrong ? 'wrong' : 'right', bytes: null } };
}

/** The first bytes of an artifact do not show whether its hash is right. */
function seen(answer: Answer, isPeek: boolean): Answer {
  return isPeek && answer.reason === 'mismatch' ? { ...answer, reason: null } : answer;
}

function tlsOf({ certificateDays, reason }: Answer, startMs: number): TlsFacts {
  const isRefused = reason === 'tls_expired' || reason === 'tls_untrusted' || reason === 'tls_name';
  return {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    issuer: 'scenario',
    expiresAtMs: epochMs + startMs + (certificateDays ?? 0) * dayMs,
    spkiSha256: null,
    resumed: false,
    authorizationCode: isRefused ? codes[reason] : null,
  };
}

const codes = {
  resolve_not_found: 'ENOTFOUND',
  resolve_failed: 'ESERVFAIL',
  refused: 'ECONNREFUSED',
  unreachable: 'EHOSTUNREACH',
  reset: 'ECONNRESET',
  proxy: 'MW_PROXY_CONNECT',
  tls_expired: 'CERT_HAS_EXPIRED',
  tls_untrusted: 'SELF_SIGNED_CERT_IN_CHAIN',
  tls_name: 'ERR_TLS_CERT_ALTNAME_INVALID',
} as const;

/** The failure that a probe reports for a reason of a world. The wrong bytes of a mirror are always the same ones. */
function failureOf(kind: WorldReason, { status, retryAfterMs, bytes }: Answer, registry: string): ProbeFailure {
  switch (kind) {
    case 'cut':
      return { kind, phase: 'transfer', bytesRead: bytes };
    case 'throttled':
      return { kind, status: status ?? 429, retryAfterMs };
    case 'denied':
      return { kind, status: status ?? 403 };
    case 'absent':
      return { kind, status: status ?? 404 };
    case 'server':
    case 'masked_upstream':
      return { kind, status: status ?? 500 };
    case 'wrong_content':
    case 'malformed':
      return { kind, expected: 'the protocol' };
    case 'mismatch':
      return { kind, algorithm: 'h1', want: 'h1:right', got: `h1:wrong at ${registry}` };
    default:
      return { kind, code: codes[kind] };
  }
}
