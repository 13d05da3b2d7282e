import type { Sentence } from './result.ts';

/** The phases of one hop, in order. They tile the hop: no gap, no overlap. */
export const phases = ['resolve', 'connect', 'tls', 'processing', 'transfer'] as const;
export type Phase = (typeof phases)[number];

/** Why a certificate or handshake was refused, in the order of checking: expired, untrusted, name, pin. */
const tlsCauses = ['expired', 'untrusted', 'name', 'pin', 'protocol', 'client'] as const;
export type TlsCause = (typeof tlsCauses)[number];

/**
 * Why a probe failed. `kind` is also the metric label `reason`; the list is closed (design.md section 5).
 * Each kind carries what explains it; texts are static, values are fields.
 */
export type ProbeFailure =
  | {
      readonly kind: 'resolve_not_found' | 'resolve_failed' | 'refused' | 'unreachable' | 'reset';
      readonly code: string;
    }
  | { readonly kind: `timeout_${Phase}`; readonly limitMs: number }
  | { readonly kind: `tls_${TlsCause}`; readonly code: string }
  | { readonly kind: 'cut'; readonly phase: Phase; readonly bytesRead: number }
  | { readonly kind: 'throttled'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'denied' | 'absent' | 'server' | 'status' | 'masked_upstream'; readonly status: number }
  | { readonly kind: 'redirect' | 'forbidden_target'; readonly hops: number }
  | { readonly kind: 'oversize'; readonly limitBytes: number }
  | { readonly kind: 'malformed' | 'wrong_content'; readonly expected: string; readonly sentences?: Sentences }
  | {
      readonly kind: 'mismatch';
      readonly algorithm: string;
      readonly want: string;
      readonly got: string;
      /** The source of `want`, for people; a lock file only if no other source has the hash. Absent: not known. */
      readonly by?: string;
      /** The wrong part of the mirror's responses, in the ecosystem's word (`packument`); absent: the requested bytes. */
      readonly side?: string;
      readonly sentences?: Sentences;
    };

/** Fields that are sentences, for any language; rows of older releases have only their English text. */
type Sentences = Readonly<Record<string, Sentence>>;

export type Reason = ProbeFailure['kind'];

/** Every reason, with what such a failure means for an outage (design.md section 5, "What counts"). */
export const reasonWeight: Readonly<Record<Reason, 'outage' | 'refusal' | 'content'>> = {
  resolve_not_found: 'outage',
  resolve_failed: 'outage',
  refused: 'outage',
  unreachable: 'outage',
  reset: 'outage',
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

/** The closed list of reasons, as label values. */
export const reasons = Object.keys(reasonWeight) as readonly Reason[];

/** Why a sample is unknown: always because of this daemon or host, never the mirror. Closed; the metric label `because`. */
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

/** The outcome of one probe. A conversation's verdict is one of the first two; `unknown` is added outside of it. */
export type Outcome =
  | { readonly tag: 'ok' }
  | { readonly tag: 'failed'; readonly failure: ProbeFailure }
  | { readonly tag: 'unknown'; readonly because: Because };

/** True for a failure that the mirror's certificate causes. */
export function isCertificateFailure(reason: Reason): boolean {
  return reason === 'tls_expired' || reason === 'tls_untrusted' || reason === 'tls_name' || reason === 'tls_pin';
}

/** True where a failure of this kind, on a light step, counts towards an outage. */
export function isOutageReason(reason: Reason): boolean {
  return reasonWeight[reason] === 'outage';
}

/**
 * Failures without an HTTP response of the mirror: only these can be caused by our own network. `wrong_content` counts as
 * one, because a captive portal sends such pages; so does `cut`. Any other response proves that the network is up (design
 * 5.3).
 */
const silentReasons: ReadonlySet<Reason> = new Set<Reason>([
  'resolve_not_found',
  'resolve_failed',
  'refused',
  'unreachable',
  'reset',
  'timeout_resolve',
  'timeout_connect',
  'timeout_tls',
  'timeout_processing',
  'timeout_transfer',
  'tls_expired',
  'tls_untrusted',
  'tls_name',
  'tls_pin',
  'tls_protocol',
  'tls_client',
  'cut',
  'wrong_content',
]);

/** True for a failure without a response of the host: it does not show that our network is up. */
export function isSilent(outcome: Outcome): boolean {
  return outcome.tag === 'failed' && silentReasons.has(outcome.failure.kind);
}

/** True for a failure that a captive portal or an interception near us could cause while bare TCP works. */
export function isIntercepted(outcome: Outcome): boolean {
  if (outcome.tag !== 'failed') return false;
  return outcome.failure.kind === 'wrong_content' || outcome.failure.kind.startsWith('tls_');
}

/** True for the five timeouts, which count as slow for the spike rule. */
export function isTimeout(reason: Reason): boolean {
  return reason.startsWith('timeout_');
}
