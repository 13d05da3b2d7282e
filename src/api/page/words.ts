import type { AdviceCause, Gate, Refusal } from '../../core/advice.ts';
import type { Because, Reason } from '../../core/failure.ts';
import type { FindingKind } from '../../core/finding.ts';

/** What each reason means to somebody who reads it for the first time. */
export const reasonWords: Readonly<Record<Reason, string>> = {
  resolve_not_found: 'the name does not exist',
  resolve_failed: 'the name could not be resolved',
  refused: 'the connection was refused',
  unreachable: 'no way to the address',
  reset: 'the connection was reset before an answer began',
  timeout_resolve: 'the name was not resolved in time',
  timeout_connect: 'no TCP connection in time',
  timeout_tls: 'the TLS handshake did not end in time',
  timeout_processing: 'connected, but no answer began in time',
  timeout_transfer: 'the answer began but did not end in time',
  tls_expired: 'the certificate is expired or not valid yet',
  tls_untrusted: 'the certificate is not trusted',
  tls_name: 'the certificate is for another name',
  tls_pin: 'the certificate is not the pinned one',
  tls_protocol: 'the TLS handshake failed',
  tls_client: 'our client certificate was refused',
  cut: 'the answer ended before it was whole',
  throttled: 'the mirror asked us to slow down',
  denied: 'the mirror denies access',
  absent: 'the mirror does not have it',
  server: 'the mirror answered with a server error',
  status: 'the mirror answered with an unexpected status',
  redirect: 'the redirects lead nowhere',
  forbidden_target: 'a redirect led where an answer may not send us',
  wrong_content: 'another page came in place of the protocol: a captive portal, perhaps',
  malformed: 'the answer is not in the form of the protocol',
  oversize: 'the answer is larger than any client would take',
  masked_upstream: 'a fault of its upstream, dressed up as an absence',
  mismatch: 'the bytes are not the right bytes',
};

/** Why nothing could be told; each is news about us, never about the mirror. */
export const becauseWords: Readonly<Record<Because, string>> = {
  contaminated: 'our own machine was too busy to time it',
  vantage: 'it may be our own network',
  proxy: 'our proxy did not let us through',
  resolver: 'our resolver answered nothing at all',
  local: 'something on this machine stood in the way',
  paused: 'not asked: paused',
  over_budget: 'not asked: over the byte budget',
  shutdown: 'not asked: the daemon was stopping',
  defect: 'a mistake of ours; the log says more',
};

/** The kinds of finding, as a heading. */
export const kindWords: Readonly<Record<FindingKind, string>> = {
  spike: 'slow',
  level_shift: 'slower for good',
  outage: 'outage',
  unreliable: 'unreliable',
  throughput: 'slow downloads',
  refusal: 'refuses us',
  lag: 'behind',
  mismatch: 'wrong bytes',
  certificate: 'certificate',
  vantage: 'it is us',
  self: 'about this daemon',
};

/** Why advice was given, one clause. */
export const causeWords: Readonly<Record<AdviceCause, string>> = {
  outage: 'an outage',
  unreliable: 'answers that fail too often',
  spike: 'a spike',
  level_shift: 'a lasting slowdown',
  throughput: 'slow downloads',
  slower: 'another mirror is faster',
  refusal: 'a refusal',
  mismatch: 'wrong bytes',
  lag: 'lag behind the origin',
  certificate: 'its certificate',
  slo: 'its service level',
  failback: 'the preferred mirror is well again',
};

/** Why no advice is given though something is wrong. */
export const refusalWords: Readonly<Record<Refusal, string>> = {
  vantage_suspect: 'it may be our own network',
  shared_fate: 'the mirrors fail together, behind them all',
  nothing_measured: 'no other mirror is measured well enough',
  no_candidate: 'no other mirror would be better',
};

/** What each gate says of a candidate. */
export const gateWords: Readonly<Record<Gate, string>> = {
  ok: 'can be advised',
  current: 'in use now',
  outage: 'not now: outage',
  unreliable: 'behind more reliable ones',
  spike: 'behind faster ones',
  throughput: 'behind faster downloads',
  refusal: 'not now: refuses us',
  stale: 'not now: stale',
  mismatch: 'not now: wrong bytes',
  no_relay: 'not now: no checksum relay',
  certificate: 'not now: certificate',
  unmeasured: 'not measured enough',
  paused: 'paused',
  maintenance: 'in maintenance',
  in_doubt: 'in doubt',
  origin: 'origin, judged against only',
};
