import type { ProbeFailure } from '../../core/failure.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import { printable } from '../../core/printable.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/words.ts';
import { failuresByLayer } from './layers.ts';

type ErrorReason = ProbeFailure['kind'] | OwnReason;

/** Errors of clients that are no failure of a probe. */
const ownReasons = ['lookups_off', 'proxy', 'plain_refused', 'signature', 'stale', 'disk'] as const;
type OwnReason = (typeof ownReasons)[number];

interface KnownError {
  readonly line: string;
  readonly reason: ErrorReason;
  /** The ecosystem of the client; `null`: not recognizable. */
  readonly ecosystem: EcosystemId | null;
  /** The origin of a URL in the line, else in the text, else of a host that is named; `null`: none is named. */
  readonly url: string | null;
}

/** Error texts of clients, the more specific first. */
const patterns: readonly (readonly [RegExp, ErrorReason])[] = [
  [/module lookup disabled by GOPROXY=off/, 'lookups_off'],
  [/ENOSPC|no space left on device/i, 'disk'],
  [
    /proxyconnect tcp|Cannot connect to proxy|Proxy Authentication Required|tunneling socket|Tunnel connection failed|\b407\b/i,
    'proxy',
  ],
  [
    /NO_PUBKEY|EXPKEYSIG|BADSIG|public key is not available|signatures? (?:were|was) invalid|is not signed/i,
    'signature',
  ],
  [/Release file .*(?:is not valid (?:yet|any ?more)|expired)|is expired \(invalid since/i, 'stale'],
  [/not a trusted or secure host|insecure (?:registry|protocol)/i, 'plain_refused'],
  [
    /EINTEGRITY|checksum mismatch|SECURITY ERROR|DO NOT MATCH THE HASHES|Hash Sum mismatch|Hash mismatch|failed to verify (?:the )?checksum|unexpected commit digest|does not match digest|digest .*mismatch/i,
    'mismatch',
  ],
  [
    /server gave HTTP response to HTTPS client|WRONG_VERSION_NUMBER|wrong version number|does not look like a TLS handshake|EPROTO/i,
    'tls_protocol',
  ],
  [
    /CERT_HAS_EXPIRED|certificate has expired|certificate is not yet valid|invalid peer certificate: Expired/i,
    'tls_expired',
  ],
  [
    /CERT_ALTNAME_INVALID|certificate is valid for|certificate is not valid for|Hostname mismatch|hostname .* does(?:n't| not) match|no alternative certificate subject name|NotValidForName/i,
    'tls_name',
  ],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY_LEAF|unknown authority|CERTIFICATE_VERIFY_FAILED|self[- ]signed certificate|unable to get local issuer|Certificate verification failed|certificate issuer is unknown|UnknownIssuer|SSL certificate problem/i,
    'tls_untrusted',
  ],
  [/certificate required|handshake failure.*certificate/i, 'tls_client'],
  [
    /EAI_AGAIN|Temporary failure (?:in name resolution|resolving)|server misbehaving|lookup \S+.*i\/o timeout/i,
    'resolve_failed',
  ],
  [
    /ENOTFOUND|no such host|Name or service not known|Could(?: not|n't) resolve|NameResolutionError|failed to lookup address|nodename nor servname/i,
    'resolve_not_found',
  ],
  [/ECONNREFUSED|connection refused/i, 'refused'],
  [/ENETUNREACH|EHOSTUNREACH|no route to host|network is unreachable/i, 'unreachable'],
  [/TLS handshake timeout|SSL connection timeout/i, 'timeout_tls'],
  [
    /awaiting headers|ESOCKETTIMEDOUT|ERR_SOCKET_TIMEOUT|Read timed out|ReadTimeout|Idle timeout|Operation too slow|Failed to read .* timed? ?out/i,
    'timeout_processing',
  ],
  [
    /ETIMEDOUT|i\/o timeout|connection timed out|connect timed out|ConnectTimeout|Timeout was reached|deadline exceeded/i,
    'timeout_connect',
  ],
  [
    /unexpected EOF|IncompleteRead|Premature close|ERR_STREAM_PREMATURE_CLOSE|transfer closed with|Connection broken:|File has unexpected size|Undetermined Error.*size|short read|end of file before message length/i,
    'cut',
  ],
  [
    /ECONNRESET|connection reset|socket hang up|Connection aborted|RemoteDisconnected|remote end closed connection|empty reply from server|Recv failure/i,
    'reset',
  ],
  [/too many redirects|TooManyRedirects|stopped after \d+ redirects|max-?redirect/i, 'redirect'],
  [
    /invalid character '<'|Unexpected token '?<|not a valid zip file|clearsigned file isn't valid|<!doctype html|<html|unsupported content type|invalid json response/i,
    'wrong_content',
  ],
  [/E429|\b429\b|too ?many ?requests/i, 'throttled'],
  [
    /E40[13]\b|ENEEDAUTH|\b40[13]\b|unauthorized|authentication required|pull access denied|requested access to the resource is denied/i,
    'denied',
  ],
  [
    /E404|ETARGET|\b404\b|\b410\b|manifest unknown|No matching distribution found|Could not find a version|No matching version|was not found in the (?:package )?registry|unknown revision|Unable to locate package|no matching package|does not have a Release file/i,
    'absent',
  ],
  [
    /E50[0-9]\b|\b50[0-9]\b|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out|Internal Server Error/i,
    'server',
  ],
];

const linesMax = 2_000;
const shownMax = 5;

/** Numbers that are no HTTP status: lines of a Python traceback, sizes and counts in a client's progress. */
const otherNumbers = /\bline \d+|\b\d[\d.]*(?:\/[\d.]+)? ?(?:[kKMGT]?i?B|bytes|packages?)\b/g;

/**
 * The known errors in the first `linesMax` lines of a text: each reason once, in the order of the text, at most
 * `shownMax`.
 */
export function findKnownErrors(text: string): readonly KnownError[] {
  const ecosystem = registry.all.find(({ errorWords }) => errorWords?.test(text))?.id ?? null;
  const found = new Map<ErrorReason, KnownError>();
  for (const raw of text.split(/\r?\n/, linesMax)) {
    const line = raw.trim().slice(0, 500);
    const told = line.replaceAll(otherNumbers, '');
    const reason = patterns.find(([pattern]) => pattern.test(told))?.[1];
    if (reason === undefined || found.has(reason)) continue;
    found.set(reason, {
      line,
      reason,
      ecosystem,
      url: writtenUrl(line) ?? writtenUrl(text) ?? namedHost(line) ?? namedHost(text),
    });
  }
  return [...found.values()].slice(0, shownMax);
}

function writtenUrl(text: string): string | null {
  const [written] = /https?:\/\/[^\s"'<>()`,]+/i.exec(text) ?? [];
  return written !== undefined && URL.canParse(written) ? new URL(written).origin : null;
}

/** The origin of a host that is named without a URL, as in errors of pip and of resolvers. */
function namedHost(text: string): string | null {
  const [, scheme, host, port] = /(HTTPS?)ConnectionPool\(host='([\w.-]+)', port=(\d+)\)/.exec(text) ?? [];
  if (host !== undefined) return scheme === 'HTTPS' ? secure(host, port) : `http://${host}:${port}`;
  const [, looked] =
    /(?:ENOTFOUND|EAI_AGAIN|lookup|resolve(?: host:?)?|resolving)\s+'?((?:[\w-]+\.)+[a-z]{2,})/i.exec(text) ?? [];
  return looked === undefined ? null : `https://${looked}`;
}

function secure(host: string, port: string | undefined): string {
  return port === undefined || port === '443' ? `https://${host}` : `https://${host}:${port}`;
}

export interface Explained {
  readonly reason: ErrorReason;
  /** The layer that failed; `null`: it is not known, or the reason is one of `ownReasons`. */
  readonly layer: string | null;
  readonly ecosystem: string | null;
  readonly url: string | null;
  /** Printable, without user-info in URLs. */
  readonly line: string;
  readonly means: string;
  readonly next: string;
  /** Commands to run next, the best first; at least one. */
  readonly run: readonly string[];
}

/** The errors of package clients in a text, explained; empty: none is known. */
export function explain(text: string, say: Say): readonly Explained[] {
  return findKnownErrors(text).map((error) => {
    const { reason, ecosystem, url } = error;
    const { layer, means, next } = meaningOf(reason, say);
    return { reason, layer, ecosystem, url, line: shownLine(error), means, next, run: runOf(error) };
  });
}

/** The line without user-info in URLs; an `@` in the path (`/@v/list`) is kept. */
function shownLine({ line }: KnownError): string {
  return printable(line.replaceAll(/:\/\/[^\s/@]*@/g, '://***@'));
}

function meaningOf(reason: ErrorReason, say: Say): Pick<Explained, 'layer' | 'means' | 'next'> {
  if (isOwn(reason)) return { layer: null, means: say(`explain.means.${reason}`), next: say(`explain.next.${reason}`) };
  const found = failuresByLayer(say).find(({ kind }) => kind === reason);
  return { layer: found?.layer ?? null, means: found?.means ?? '', next: found?.next ?? '' };
}

function isOwn(reason: ErrorReason): reason is OwnReason {
  return (ownReasons as readonly string[]).includes(reason);
}

function runOf({ reason, ecosystem, url }: KnownError): readonly string[] {
  const of = ecosystem === null ? '' : ` --ecosystem ${ecosystem}`;
  const there = url === null || isOwn(reason) ? [] : [`mirrorwatch doctor ${url}${of}`];
  const others = ecosystem === null || isOwn(reason) ? [] : [`mirrorwatch rank ${ecosystem}`];
  return [...there, ...(isOwn(reason) || url === null ? ['mirrorwatch doctor'] : []), ...others];
}
