import type { Sentence } from './result.ts';

/** The phases of one hop, in order, without gaps or overlaps. */
export const phases = ['resolve', 'connect', 'tls', 'processing', 'transfer'] as const;
export type Phase = (typeof phases)[number];

const tlsCauses = ['expired', 'untrusted', 'name', 'pin', 'protocol', 'client'] as const;
export type TlsCause = (typeof tlsCauses)[number];

/** Why a probe failed. `kind` is also the metric label `reason` (docs/reasons.md). */
export type ProbeFailure =
  | {
      readonly kind: 'resolve_not_found' | 'resolve_failed' | 'refused' | 'unreachable' | 'reset' | 'proxy';
      readonly code: string;
    }
  | { readonly kind: `timeout_${Phase}`; readonly limitMs: number }
  | { readonly kind: `tls_${TlsCause}`; readonly code: string }
  | { readonly kind: 'cut'; readonly phase: Phase; readonly bytesRead: number }
  | { readonly kind: 'throttled'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'denied' | 'policy' | 'absent' | 'server' | 'status' | 'masked_upstream'; readonly status: number }
  | { readonly kind: 'redirect' | 'forbidden_target'; readonly hops: number }
  | { readonly kind: 'oversize'; readonly limitBytes: number }
  | { readonly kind: 'malformed' | 'wrong_content'; readonly expected: string; readonly sentences?: Sentences }
  | {
      readonly kind: 'mismatch';
      readonly algorithm: string;
      readonly want: string;
      readonly got: string;
      /** The source of the expected digest `want`, for display; absent: unknown. */
      readonly by?: string;
      /**
       * The name of the part that is wrong, in the ecosystem's terms (`packument`); absent: the requested bytes are
       * wrong.
       */
      readonly side?: string;
      readonly sentences?: Sentences;
    };

type Sentences = Readonly<Record<string, Sentence>>;

export type Reason = ProbeFailure['kind'];

/** Whether a failed probe counts as an outage, as a refusal or as a mismatch, by the reason of the failure. */
export const reasonWeight: Readonly<Record<Reason, 'outage' | 'refusal' | 'content'>> = {
  resolve_not_found: 'outage',
  resolve_failed: 'outage',
  refused: 'outage',
  unreachable: 'outage',
  reset: 'outage',
  proxy: 'outage',
  timeout_resolve: 'outage',
  timeout_connect: 'outage',
  timeout_tls: 'outage',
  timeout_processing: 'outage',
  timeout_transfer: 'outage',
  tls_expired: 'outage',
  tls_untrusted: 'outage',
  tls_name: 'outage',
  tls_pin: 'outage',
  tls_protocol: 'outage',
  tls_client: 'refusal',
  cut: 'outage',
  throttled: 'refusal',
  denied: 'refusal',
  policy: 'refusal',
  absent: 'refusal',
  server: 'outage',
  status: 'refusal',
  redirect: 'outage',
  forbidden_target: 'refusal',
  wrong_content: 'outage',
  malformed: 'outage',
  oversize: 'outage',
  masked_upstream: 'outage',
  mismatch: 'content',
};

export const reasons = Object.keys(reasonWeight) as readonly Reason[];

/** Reasons of failures that the HTTP status of the response shows. */
const statusReasons: ReadonlySet<string> = new Set<Reason>([
  'throttled',
  'denied',
  'policy',
  'absent',
  'server',
  'status',
  'masked_upstream',
]);

/** True for an error response that counts as an outage. A refusal does not. */
export function isErrorResponse(reason: Reason | null): boolean {
  return reason !== null && statusReasons.has(reason) && isOutageReason(reason);
}

/**
 * True for a confirming probe that timed out after an error response. The mirror may respond in the same way again, but
 * later than a confirming probe waits. So the error names the trouble.
 */
export function isNamedBefore(
  before: Reason | null,
  { reason, isConfirm }: { readonly reason: Reason | null; readonly isConfirm: boolean },
): boolean {
  return isConfirm && reason !== null && isTimeout(reason) && isErrorResponse(before);
}

/** The reason for a sentence, with the HTTP status if that shows it: `server, HTTP 502`. `status`: `null` if there was no response. */
export function failureTextOf(reason: string, status: number | null): string {
  return status !== null && statusReasons.has(reason) ? `${reason}, HTTP ${status}` : reason;
}

/** Why a sample is unknown; values of a metric label. `proxy`: of samples of release 1.0 only; it is a failure now. */
export const becauses = [
  'contaminated',
  'vantage',
  'proxy',
  'resolver',
  'local',
  'paused',
  'over_budget',
  'shutdown',
  'defect',
] as const;
export type Because = (typeof becauses)[number];

/** The outcome of one probe; `unknown` shows nothing about the mirror. */
export type Outcome =
  | { readonly tag: 'ok' }
  | { readonly tag: 'failed'; readonly failure: ProbeFailure }
  | { readonly tag: 'unknown'; readonly because: Because };

/** True if a response had wrong bytes. */
export function isMismatch(outcome: Outcome): boolean {
  return outcome.tag === 'failed' && outcome.failure.kind === 'mismatch';
}

/** True if the verification of the mirror's certificate failed. */
export function isCertificateFailure(reason: Reason): boolean {
  return reason === 'tls_expired' || reason === 'tls_untrusted' || reason === 'tls_name' || reason === 'tls_pin';
}

export function isOutageReason(reason: Reason): boolean {
  return reasonWeight[reason] === 'outage';
}

/**
 * Failures that our own network can cause, in addition to timeouts and TLS failures. A captive portal, for example,
 * sends wrong content.
 */
const silentReasons: ReadonlySet<Reason> = new Set<Reason>([
  'resolve_not_found',
  'resolve_failed',
  'refused',
  'unreachable',
  'reset',
  'cut',
  'wrong_content',
]);

/** The code of a forward proxy that responds, but does not connect to the mirror. */
const proxyResponseCode = 'MW_PROXY_STATUS';

/** True for a failure that our own network can cause. */
export function isSilent(outcome: Outcome): boolean {
  if (outcome.tag !== 'failed') return false;
  const { kind } = outcome.failure;
  if (kind === 'proxy') return outcome.failure.code !== proxyResponseCode;
  return silentReasons.has(kind) || isTimeout(kind) || kind.startsWith('tls_');
}

/** True for a failure that a captive portal or TLS interception can cause. */
export function isIntercepted(outcome: Outcome): boolean {
  if (outcome.tag !== 'failed') return false;
  return outcome.failure.kind === 'wrong_content' || outcome.failure.kind.startsWith('tls_');
}

export function isTimeout(reason: Reason): boolean {
  return reason.startsWith('timeout_');
}

/** The timeout that a probe exceeded, milliseconds; `null`: it has another outcome. */
export function timeoutMsOf(outcome: Outcome): number | null {
  if (outcome.tag !== 'failed') return null;
  const { failure } = outcome;
  return isTimeout(failure.kind) && 'limitMs' in failure ? failure.limitMs : null;
}
