import type { ProbeFailure } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import type { ProbeResponse, WireFault } from '../core/transcript.ts';
import { malformed } from '../words/tell.ts';

const words = (text: string): readonly string[] => text.split(' ');

/**
 * Error codes by class, from docs/protocols/common.md#error-codes. Codes with `MW_` are our own. The class and the
 * phase decide the reason of a failure.
 */
const codesOf = {
  not_found: words('ENOTFOUND ENODATA EAI_NONAME EAI_NODATA EAI_ADDRFAMILY'),
  resolver: words('EAI_AGAIN EAI_FAIL ESERVFAIL EREFUSED EBADRESP EFORMERR ENOTIMP EBADNAME ECANCELLED EOF'),
  timeout: words('MW_DEADLINE ETIMEDOUT ETIMEOUT'),
  refused: words('ECONNREFUSED'),
  unreachable: words('EHOSTUNREACH ENETUNREACH EHOSTDOWN ENETDOWN ENONET EINVAL'),
  ended: words(
    'MW_STALE MW_CLOSED MW_RESET MW_H2_RESET MW_H2_RESET_PROTOCOL MW_H2_GOAWAY MW_H2_UNTAKEN ECONNRESET EPIPE ECONNABORTED ENOTCONN',
  ),
  tls_expired: words('CERT_HAS_EXPIRED CERT_NOT_YET_VALID'),
  tls_name: words('ERR_TLS_CERT_ALTNAME_INVALID ERR_TLS_CERT_ALTNAME_FORMAT HOSTNAME_MISMATCH'),
  tls_untrusted: words(
    'DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE ' +
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_GET_ISSUER_CERT CERT_UNTRUSTED CERT_REJECTED CERT_REVOKED ' +
      'CERT_SIGNATURE_FAILURE CERT_CHAIN_TOO_LONG PATH_LENGTH_EXCEEDED INVALID_CA INVALID_PURPOSE',
  ),
  tls_pin: words('MW_PIN'),
  tls_client: words('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
  tls_protocol: words('MW_NO_HTTP2 EPROTO ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'),
  bad_http: words('MW_BAD_HEAD MW_BAD_CHUNK MW_H2_PROTOCOL'),
  bad_coding: words('Z_DATA_ERROR Z_NEED_DICT Z_STREAM_ERROR'),
  longer: words('MW_BODY_LONGER'),
  cut: words('Z_BUF_ERROR'),
  head_oversize: words('MW_HEAD_TOO_LARGE'),
  body_oversize: words('MW_BODY_TOO_LARGE'),
  forbidden_target: words('MW_FORBIDDEN_TARGET'),
  proxy: words('MW_PROXY_STATUS MW_PROXY_CONNECT'),
  // Our own shutdown causes `ABORT_ERR`.
  local: words(
    'MW_NO_SCRATCH EMFILE ENFILE ENOBUFS ENOMEM EADDRNOTAVAIL EADDRINUSE EAFNOSUPPORT EACCES EPERM ERR_SOCKET_BAD_PORT ' +
      'ERR_INVALID_URL ERR_INVALID_CHAR ABORT_ERR',
  ),
  defect: words('MW_DEFECT'),
} as const;
type Class = keyof typeof codesOf;

const classes: ReadonlyMap<string, Class> = new Map(
  Object.entries(codesOf).flatMap(([name, codes]) => codes.map((code) => [code, name as Class] as const)),
);

/** Matches TLS alerts about our client certificate. Only a server sends them. */
const clientAlert =
  /certificate[ _]required|bad[ _]certificate|unknown[ _]ca|certificate[ _](expired|revoked|unknown)|access[ _]denied/i;

/** Errors of a connection over IPv6 if this host has IPv4 alone. The DNS records of the mirror decide that it is tried. */
const withoutIpv6: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

function classOf(fault: WireFault, family: FaultContext['family']): Class {
  const known = classes.get(fault.code);
  if (family === 6 && withoutIpv6.has(fault.code)) return 'unreachable';
  if (known === 'proxy') {
    // The text of a failed connection to a proxy begins with the code of the cause, which may be ours (EMFILE).
    const cause = classes.get(fault.text.split(':', 1)[0] ?? '');
    return cause === 'local' || cause === 'timeout' ? cause : known;
  }
  if ((known === undefined || known === 'tls_protocol') && /^EPROTO$|^ERR_SSL_/.test(fault.code)) {
    return /alert/i.test(`${fault.code} ${fault.text}`) && clientAlert.test(`${fault.code} ${fault.text}`)
      ? 'tls_client'
      : 'tls_protocol';
  }
  if (known !== undefined) return known;
  if (fault.code.startsWith('EAI_')) return 'resolver';
  if (fault.phase === 'tls')
    return /CERT|ISSUER|_CA(_|$)|KEY_TOO_SMALL|MD_TOO_WEAK|CRL/.test(fault.code) ? 'tls_untrusted' : 'tls_protocol';
  // An unknown code shows nothing about the mirror, so it counts as our own defect.
  return 'defect';
}

export interface FaultContext {
  /** The number of hops of this request, including the failed one. */
  readonly hops: number;
  /** The maximum size of the body, bytes. */
  readonly limitBytes: number;
  readonly limitMs: number;
  /** The family of the address to which the failed hop connected; absent or `null`: none was known. */
  readonly family?: 4 | 6 | null;
}

type Ended = Exclude<ProbeResponse, { tag: 'answered' }>;

/**
 * Returns the reason of a failed request, from the closed list of docs/reasons.md. `unknown`: the fault shows nothing
 * about the mirror.
 */
export function reasonOf(fault: WireFault, context: FaultContext): Ended {
  const { code, phase } = fault;
  const kind = classOf(fault, context.family);
  if (kind === 'local' || kind === 'defect') return { tag: 'unknown', because: kind, code };
  // The name itself is broken only if the resolver resolves another name now. Otherwise the resolver may be broken.
  const isName = phase === 'resolve' && kind !== 'forbidden_target';
  if (isName && fault.resolvesOthers !== true) return { tag: 'unknown', because: 'resolver', code };
  return {
    tag: 'failed',
    failure: failureOf(isName && !['timeout', 'not_found', 'proxy'].includes(kind) ? 'resolver' : kind, fault, context),
  };
}

function failureOf(kind: Exclude<Class, 'local' | 'defect'>, fault: WireFault, context: FaultContext): ProbeFailure {
  const { code, phase, bytesRead } = fault;
  switch (kind) {
    case 'not_found':
      return { kind: 'resolve_not_found', code };
    case 'resolver':
      return { kind: 'resolve_failed', code };
    case 'timeout':
      return { kind: `timeout_${phase}`, limitMs: fault.limitMs ?? context.limitMs };
    case 'refused':
    case 'unreachable':
    case 'proxy':
      return { kind, code };
    case 'ended':
      return phase === 'transfer' ? { kind: 'cut', phase, bytesRead } : { kind: 'reset', code };
    case 'cut':
      return { kind: 'cut', phase, bytesRead };
    case 'tls_expired':
    case 'tls_name':
    case 'tls_untrusted':
    case 'tls_pin':
    case 'tls_client':
    case 'tls_protocol':
      return { kind, code };
    case 'bad_http':
      return malformed(phase === 'transfer' ? 'answer.httpBody' : 'answer.httpHead');
    case 'bad_coding':
      return malformed('answer.coding');
    case 'longer':
      return malformed('answer.announced');
    case 'head_oversize':
      return { kind: 'oversize', limitBytes: limits.headBytes };
    case 'body_oversize':
      return { kind: 'oversize', limitBytes: context.limitBytes };
    case 'forbidden_target':
      return { kind: 'forbidden_target', hops: context.hops };
    default:
      return kind satisfies never;
  }
}
