import type { Reason } from '../../src/core/failure.ts';

/** Faults of the listener: there is no connection to speak of. */
export type ListenerFault =
  /** Nobody listens: RST to the SYN. */
  | { readonly kind: 'refuse' }
  /** SYNs vanish: the queue of connections is full and nobody accepts. */
  | { readonly kind: 'hang-connect' };

/** Faults between the accepted connection and the first byte of the request. */
export type ConnectionFault =
  | { readonly kind: 'reset-at-accept' | 'close-at-accept' }
  /** TLS only: silence after the ClientHello; RST after it; RST once the handshake is done. */
  | { readonly kind: 'hang-tls' | 'reset-in-tls' | 'reset-after-tls' }
  /** TLS only: answers the ClientHello in plain HTTP; speaks TLS 1.1 at most. */
  | { readonly kind: 'plain-on-tls' | 'old-tls' }
  /** TLS only: shows another certificate of `testCerts()`. */
  | { readonly kind: 'certificate'; readonly which: FaultyCertificate }
  /** TLS only: insists on a client certificate. */
  | { readonly kind: 'wants-client-certificate' };

/** Certificates a client must refuse. */
export type FaultyCertificate = 'expired' | 'notYetValid' | 'wrongName' | 'selfSigned' | 'unknownCa';

/** Faults of the answer to one request. */
export type RequestFault =
  // No head at all.
  | { readonly kind: 'reset-after-request' | 'close-after-request' | 'hang-head' }
  // A head that never gets complete, or is none. `everyMs`: one byte each.
  | { readonly kind: 'reset-mid-head' | 'close-mid-head' | 'hang-mid-head' }
  | { readonly kind: 'trickle-head' | 'trickle-body'; readonly everyMs: number }
  | { readonly kind: 'endless-headers' | 'huge-header' | 'endless-interim' }
  | { readonly kind: 'garbage-head' | 'bad-header' | 'low-status' }
  // A good head, and then: half of the body.
  | { readonly kind: 'reset-mid-body' | 'close-mid-body' | 'hang-mid-body' }
  // Framing that lies or ends badly.
  | { readonly kind: 'body-longer' | 'body-shorter' | 'chunk-broken' | 'chunk-unfinished' | 'endless-body' }
  | { readonly kind: 'no-length' | 'no-length-cut' }
  | { readonly kind: 'gzip-bomb' | 'gzip-cut' }
  // Well-formed HTTP with the wrong thing in it.
  | { readonly kind: 'wrong-type' | 'no-type' | 'html' | 'empty' | 'corrupt' }
  // `location` as sent, so relative, absolute or nonsense; `null` leaves the header out.
  | { readonly kind: 'redirect'; readonly status?: number; readonly location: string | null }
  | { readonly kind: 'redirect-loop' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** Everything a scripted server can do wrong. Closed: `faultScopes` and the servers' switches know each kind. */
export type Fault = ListenerFault | ConnectionFault | RequestFault;
export type FaultKind = Fault['kind'];
export type FaultScope = 'listener' | 'connection' | 'request';

/** Where each kind of fault happens: of what the counters `after` and `times` of `setFault` count. */
export const faultScopes = {
  refuse: 'listener',
  'hang-connect': 'listener',
  'reset-at-accept': 'connection',
  'close-at-accept': 'connection',
  'hang-tls': 'connection',
  'reset-in-tls': 'connection',
  'reset-after-tls': 'connection',
  'plain-on-tls': 'connection',
  'old-tls': 'connection',
  certificate: 'connection',
  'wants-client-certificate': 'connection',
  'reset-after-request': 'request',
  'close-after-request': 'request',
  'hang-head': 'request',
  'reset-mid-head': 'request',
  'close-mid-head': 'request',
  'hang-mid-head': 'request',
  'trickle-head': 'request',
  'trickle-body': 'request',
  'endless-headers': 'request',
  'huge-header': 'request',
  'endless-interim': 'request',
  'garbage-head': 'request',
  'low-status': 'request',
  'bad-header': 'request',
  'reset-mid-body': 'request',
  'close-mid-body': 'request',
  'hang-mid-body': 'request',
  'body-longer': 'request',
  'body-shorter': 'request',
  'chunk-broken': 'request',
  'chunk-unfinished': 'request',
  'endless-body': 'request',
  'no-length': 'request',
  'no-length-cut': 'request',
  'gzip-bomb': 'request',
  'gzip-cut': 'request',
  'wrong-type': 'request',
  'no-type': 'request',
  html: 'request',
  empty: 'request',
  corrupt: 'request',
  redirect: 'request',
  'redirect-loop': 'request',
  status: 'request',
} as const satisfies Record<FaultKind, FaultScope>;

/** True for faults of a kind that happens to one request, so that `path` and `after` count requests. */
export function isRequestFault(fault: Fault): fault is RequestFault {
  return faultScopes[fault.kind] === 'request';
}

/** True for faults of a kind that happens to a connection before its first request. */
export function isConnectionFault(fault: Fault): fault is ConnectionFault {
  return faultScopes[fault.kind] === 'connection';
}

/** One named fault with what a prober that asks for a go.mod file must make of it. */
export interface FaultRow {
  readonly name: string;
  readonly fault: Fault;
  /** True where it needs a server that speaks TLS. */
  readonly tlsOnly: boolean;
  /**
   * The reason of docs/reasons.md, for the step `mod`; `'ok'` where a client takes the answer too; `null` where only
   * a hash or the known size can tell. A 404 or 410 to `@latest` or `sumdb/…/supported` is ok, an empty list too.
   */
  readonly reason: Reason | 'ok' | null;
}

const row = (name: string, fault: Fault, reason: FaultRow['reason'], tlsOnly = false): FaultRow => ({
  name,
  fault,
  tlsOnly,
  reason,
});

const status = (code: number, reason: FaultRow['reason'], body = ''): FaultRow =>
  row(`status ${code}${body === '' ? '' : ` with "${body}"`}`, { kind: 'status', status: code, body }, reason);

const httpDate = (inSeconds: number): string => new Date(Date.now() + inSeconds * 1000).toUTCString();

const listenerRows: readonly FaultRow[] = [
  row('nobody listens', { kind: 'refuse' }, 'refused'),
  row('SYNs vanish', { kind: 'hang-connect' }, 'timeout_connect'),
];

const connectionRows: readonly FaultRow[] = [
  row('reset at accept', { kind: 'reset-at-accept' }, 'reset'),
  row('closed at accept', { kind: 'close-at-accept' }, 'reset'),
  row('silence after the ClientHello', { kind: 'hang-tls' }, 'timeout_tls', true),
  row('reset after the ClientHello', { kind: 'reset-in-tls' }, 'reset', true),
  row('reset after the handshake', { kind: 'reset-after-tls' }, 'reset', true),
  row('plain HTTP on the TLS port', { kind: 'plain-on-tls' }, 'tls_protocol', true),
  row('TLS 1.1 only', { kind: 'old-tls' }, 'tls_protocol', true),
  row('expired certificate', { kind: 'certificate', which: 'expired' }, 'tls_expired', true),
  row('certificate of tomorrow', { kind: 'certificate', which: 'notYetValid' }, 'tls_expired', true),
  row('certificate for another name', { kind: 'certificate', which: 'wrongName' }, 'tls_name', true),
  row('self-signed certificate', { kind: 'certificate', which: 'selfSigned' }, 'tls_untrusted', true),
  row('certificate of an unknown CA', { kind: 'certificate', which: 'unknownCa' }, 'tls_untrusted', true),
  row('client certificate wanted', { kind: 'wants-client-certificate' }, 'tls_client', true),
];

const wireRows: readonly FaultRow[] = [
  row('reset after the request', { kind: 'reset-after-request' }, 'reset'),
  row('closed after the request', { kind: 'close-after-request' }, 'reset'),
  row('no head', { kind: 'hang-head' }, 'timeout_processing'),
  row('reset in the head', { kind: 'reset-mid-head' }, 'cut'),
  row('closed in the head', { kind: 'close-mid-head' }, 'cut'),
  row('head stops half-way', { kind: 'hang-mid-head' }, 'timeout_transfer'),
  row('head trickles', { kind: 'trickle-head', everyMs: 100 }, 'timeout_transfer'),
  row('headers without end', { kind: 'endless-headers' }, 'oversize'),
  row('one huge header', { kind: 'huge-header' }, 'oversize'),
  row('interim answers without end', { kind: 'endless-interim' }, 'oversize'),
  row('a head of another protocol', { kind: 'garbage-head' }, 'malformed'),
  row('a status below 100', { kind: 'low-status' }, 'malformed'),
  row('a header line without a colon', { kind: 'bad-header' }, 'malformed'),
  row('reset in the body', { kind: 'reset-mid-body' }, 'cut'),
  row('closed in the body', { kind: 'close-mid-body' }, 'cut'),
  row('body stops half-way', { kind: 'hang-mid-body' }, 'timeout_transfer'),
  row('body trickles', { kind: 'trickle-body', everyMs: 100 }, 'timeout_transfer'),
  row('body longer than said', { kind: 'body-longer' }, 'malformed'),
  row('body shorter than said', { kind: 'body-shorter' }, 'cut'),
  row('broken chunk size', { kind: 'chunk-broken' }, 'malformed'),
  row('chunked without its end', { kind: 'chunk-unfinished' }, 'cut'),
  row('body without end', { kind: 'endless-body' }, 'oversize'),
  row('no length, ended by closing', { kind: 'no-length' }, 'ok'),
  row('no length, closed half-way', { kind: 'no-length-cut' }, null),
  row('gzip bomb', { kind: 'gzip-bomb' }, 'oversize'),
  row('gzip cut in half', { kind: 'gzip-cut' }, 'cut'),
];

const contentRows: readonly FaultRow[] = [
  row('wrong content type', { kind: 'wrong-type' }, 'ok'),
  row('no content type', { kind: 'no-type' }, 'ok'),
  row('HTML with 200', { kind: 'html' }, 'wrong_content'),
  row('empty 200', { kind: 'empty' }, 'malformed'),
  row('right shape, wrong bytes', { kind: 'corrupt' }, null),
  row(
    'redirect to a captive portal',
    { kind: 'redirect', location: 'http://portal.example.com/login' },
    'redirect',
    true,
  ),
  row('redirect into a private network', { kind: 'redirect', location: 'https://10.0.0.1/' }, 'forbidden_target'),
  row(
    'redirect to the metadata address',
    { kind: 'redirect', location: 'https://169.254.169.254/' },
    'forbidden_target',
  ),
  row('redirect to another scheme', { kind: 'redirect', location: 'file:///etc/passwd' }, 'redirect'),
  row('redirect without location', { kind: 'redirect', location: null }, 'redirect'),
  row('redirect to nonsense', { kind: 'redirect', location: 'https://[' }, 'redirect'),
  row('redirect loop', { kind: 'redirect-loop' }, 'redirect'),
  status(204, 'status'),
  status(304, 'status'),
  status(400, 'status'),
  status(401, 'denied'),
  status(403, 'denied'),
  status(404, 'absent', 'not found: unknown revision v9.9.9'),
  status(404, 'masked_upstream', 'not found: bad upstream'),
  status(404, 'masked_upstream', 'not found: fetch timed out'),
  status(410, 'absent'),
  row('429 with seconds', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'throttled'),
  row('429 with a date', { kind: 'status', status: 429, headers: { 'retry-after': httpDate(60) } }, 'throttled'),
  status(429, 'throttled'),
  status(451, 'policy'),
  status(500, 'server'),
  status(502, 'server'),
  status(503, 'server'),
  row('503 with seconds', { kind: 'status', status: 503, headers: { 'retry-after': '7' } }, 'throttled'),
  status(504, 'server'),
  status(511, 'wrong_content'),
];

/** Every fault, named, with the reason expected: what the fault suite goes through. Each kind is in it. */
export const faultRows: readonly FaultRow[] = [...listenerRows, ...connectionRows, ...wireRows, ...contentRows];
