import type { ProbeFailure } from '../../core/failure.ts';

/** Reasons of client errors that no probe reports. */
export const ownReasons = ['lookups_off', 'proxy', 'plain_refused', 'signature', 'stale', 'disk'] as const;
export type OwnReason = (typeof ownReasons)[number];
export type ErrorReason = ProbeFailure['kind'] | OwnReason;

/**
 * An error text and its meaning. If there are several reasons, the text does not show which one applies. `isResult`:
 * the text only reports a consequence of an earlier failure. It counts only if no other text is recognized.
 */
export interface ErrorText {
  readonly pattern: Pick<RegExp, 'test'>;
  readonly reasons: readonly ErrorReason[];
  readonly isResult: boolean;
}

function text(
  reasons: ErrorReason | readonly ErrorReason[],
  ...patterns: readonly ErrorText['pattern'][]
): readonly ErrorText[] {
  return patterns.map((pattern) => ({ pattern, reasons: [reasons].flat(), isResult: false }));
}

function result(reasons: ErrorReason | readonly ErrorReason[], pattern: RegExp): readonly ErrorText[] {
  return text(reasons, pattern).map((one) => ({ ...one, isResult: true }));
}

/** Matches a line in which each pattern matches behind the previous one. `A.*B` would take quadratic time. */
function inOrder(...patterns: readonly RegExp[]): ErrorText['pattern'] {
  return {
    test(line) {
      let rest: string | null = line;
      for (const pattern of patterns) {
        const found: RegExpExecArray | null = rest === null ? null : pattern.exec(rest);
        rest = found === null ? null : found.input.slice(found.index + found[0].length);
      }
      return rest !== null;
    },
  };
}

/** What an index may have responded if pip found no file there. pip shows the status only in its debug log. */
const emptyIndex = ['absent', 'denied', 'server', 'throttled', 'wrong_content'] as const;

/**
 * Error texts of clients; more specific ones come first, because the first match decides. Each is matched against one
 * line. A chain of causes (uv, cargo) counts as one line, and so does a response that Go quotes.
 */
export const errorTexts: readonly ErrorText[] = [
  ...text('lookups_off', /module lookup disabled by GOPROXY=off/),
  ...text('disk', /ENOSPC|no space left on device/i),
  ...text(
    'proxy',
    /proxyconnect tcp|Cannot connect to proxy|Proxy Authentication Required|tunneling socket|tunnel error|Tunnel connection failed|\b407\b/i,
  ),
  ...text(
    'signature',
    /NO_PUBKEY|EXPKEYSIG|\bBADSIG\b|public key is not available|signatures? (?:were|was) invalid|由于没有公钥，无法验证|数字签名错误/i,
  ),
  ...result('signature', /is not signed|is no longer signed|没有数字签名|签名不再生效/i),
  ...text(
    'stale',
    inOrder(/Release file /i, /is not valid (?:yet|any ?more)|expired/i),
    /is expired \(invalid since|Release 文件已经过期/i,
  ),
  ...text('plain_refused', /not a trusted (?:or secure )?host|insecure (?:registry|protocol)/i),
  // This is the SHA-256 of an empty body, so nothing arrived.
  ...text('cut', inOrder(/did not match/i, /got sha256:e3b0c44298fc1c14/i)),
  ...text(
    'mismatch',
    /EINTEGRITY|checksum mismatch|SECURITY ERROR|DO NOT MATCH THE HASHES|Hash Sum mismatch|Hash 校验和不符|Hash mismatch|failed to verify (?:the )?checksum|integrity check(?:sum failed| failed for tarball|$)/i,
    /unexpected commit digest|does not match digest|Digest did not match|DIGEST_INVALID|does not match provided manifest digest|layer verification failed|unexpected checksum|TARBALL_INTEGRITY|IntegrityCheckFailed|YN0018|archive doesn't match the expected checksum/i,
    inOrder(/digest /i, /mismatch/i),
    // apt compares the size with the signed list before it downloads, so the body was not cut off.
    /File has unexpected size|文件尺寸不符/,
  ),
  // The content is longer or shorter than its manifest states.
  ...text(['cut', 'mismatch'], /failed size validation|unexpected commit size/),
  ...text(
    'tls_protocol',
    /server gave HTTP response to HTTPS client|sent an HTTP request to an HTTPS server|WRONG_VERSION_NUMBER|wrong version number|does not look like a TLS handshake|EPROTO|fatal alert: (?:HandshakeFailure|ProtocolVersion)|gnutls_handshake\(\) failed: Handshake failed/i,
  ),
  ...text(
    ['reset', 'tls_protocol'],
    /EOF occurred in violation of protocol|tls handshake eof|TLS connection was non-properly terminated|disconnected before secure TLS connection/i,
  ),
  ...text(
    'tls_expired',
    /CERT_HAS_EXPIRED|certificate has expired|certificate is not yet valid|invalid peer certificate: Expired|uses expired certificate/i,
  ),
  ...text(
    'tls_name',
    /CERT_ALTNAME_INVALID|certificate is valid for|certificate is not valid for|Hostname mismatch|Hostname\/IP does not match|name in the certificate does not match|no alternative certificate subject name|NotValidForName|doesn't contain any IP SANs|relies on legacy Common Name/i,
    inOrder(/hostname /i, / does(?:n't| not) match/i),
  ),
  ...text(
    'tls_untrusted',
    /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY_LEAF|unknown authority|CERTIFICATE_VERIFY_FAILED|self[- ]signed certificate|unable to get local issuer|Certificate verification failed|certificate issuer is unknown|UnknownIssuer|peer certificate: BadSignature|SSL certificate problem/i,
  ),
  ...text('tls_client', /certificate required/i, inOrder(/handshake failure/i, /certificate/i)),
  ...text(
    'resolve_failed',
    /EAI_AGAIN|Temporary failure (?:in name resolution|resolving)|暂时不能解析域名|lookup address information: Try again|server misbehaving/i,
    inOrder(/lookup \S/i, /i\/o timeout|(?:read|dial) udp/i),
  ),
  ...text(
    'resolve_not_found',
    /ENOTFOUND|no such host|Name or service not known|Could(?: not|n't) resolve|无法解析域名|NameResolutionError|failed to lookup address|nodename nor servname|getaddrinfo failed/i,
  ),
  // bun prints these names for every failed connection, whatever the cause.
  ...text(['resolve_failed', 'refused', 'timeout_connect'], /(?:ConnectionRefused|FailedToOpenSocket) downloading/),
  ...text('refused', /ECONNREFUSED|connection refused|actively refused it|os error 10061/i),
  ...text(
    'unreachable',
    /ENETUNREACH|EHOSTUNREACH|no route to host|network is unreachable|cannot assign requested address/i,
  ),
  ...text('timeout_tls', /TLS handshake timeout|SSL connection timeout/i),
  // The text has no address, so Go was resolving the name or connecting to the first address.
  ...text(['resolve_failed', 'timeout_connect'], /dial tcp: i\/o timeout/),
  ...text(['resolve_failed', 'timeout_connect', 'timeout_tls'], /canceled while waiting for connection/),
  ...text(['timeout_connect', 'timeout_processing', 'timeout_tls'], /while awaiting headers/),
  // urllib3 shows the timeout's length if it waited for a response, but not if it was reading a body.
  ...text(
    'timeout_transfer',
    /network timeout\. Try increasing/i,
    inOrder(/body error/i, /operation timed out/i),
    /Read timed out\.\s*$|raise ReadTimeoutError\(self\._pool, None/,
  ),
  ...text(['timeout_connect', 'timeout_processing', 'timeout_transfer'], /network timeout at: /),
  ...text(['timeout_connect', 'timeout_processing'], inOrder(/Could not fetch URL /, /: timed out/)),
  ...text(['timeout_connect', 'timeout_processing'], inOrder(/unexpected error occurred: "/, /: ETIMEDOUT/)),
  ...text(['timeout_processing', 'timeout_transfer'], /Connection timed out \[IP:/),
  ...text(
    'timeout_processing',
    /awaiting response headers|ESOCKETTIMEDOUT|ERR_SOCKET_TIMEOUT|Read timed out|ReadTimeout|Idle timeout|Operation too slow/i,
    inOrder(/Failed to read /i, / timed? ?out/i),
  ),
  ...text(
    'timeout_connect',
    /ETIMEDOUT|i\/o timeout|connection timed out|connect timed out|ConnectTimeout|Timeout was reached|Socket connection timeout|ERR_SOCKET_CONNECTION_TIMEOUT|os error 10060|connectex: (?:A connection attempt failed|连接尝试失败)|，连接超时/i,
    inOrder(/error \(?Connect/i, /operation timed out/i),
  ),
  // Python was waiting for a response head or a body. A later line may show which of the two.
  ...result(['timeout_processing', 'timeout_transfer'], /The read operation timed out/),
  ...text(['timeout_processing', 'timeout_transfer'], /wsarecv: A connection attempt failed/),
  ...text(['timeout_connect', 'timeout_processing', 'timeout_transfer'], /operation timed out|deadline exceeded/i),
  // The body of a Go module ended early, or its zip is damaged. The go command prints the same text for both.
  ...text(['cut', 'malformed'], /@v\d[^\s@]*: unexpected EOF|unexpected BufError/),
  // The connection ended before the response header was complete, or inside a tunnel.
  ...text(['cut', 'reset'], /(?:Get|Head|Post) "?https?:\S+: unexpected EOF/),
  ...text(
    'cut',
    /unexpected EOF|IncompleteRead|Premature close|ERR_STREAM_PREMATURE_CLOSE|transfer closed with|Connection broken: Inc|short read|end of file before message length|unexpected end of file|without sending TLS close_notify|not enough bytes were received/i,
    inOrder(/Undetermined Error/i, /size/i),
  ),
  ...text(['cut', 'reset'], /stream error received:/, inOrder(/stream error: stream ID \d+;/, /received from peer/)),
  ...text(['reset', 'timeout_processing'], /Connection failed \[IP:/),
  ...text(
    'reset',
    /ECONNRESET|connection reset|connResetException|socket hang up|Connection aborted|RemoteDisconnected|remote end closed connection|forcibly closed|wsarecv: An existing|Broken pipe|EPIPE|os error 10054|empty reply from server|Recv failure/i,
    /https?:\/\/(?:(?!https?:)\S)+: EOF\b|sent GOAWAY|client connection lost|ConnectionResetError|Error in the pull function|对方关闭了连接/,
    inOrder(/failed to do request: /, /EOF\b/),
  ),
  ...text('redirect', /too many redirects|TooManyRedirects|stopped after \d+ redirects|max-?redirect/i),
  ...text(
    ['cut', 'wrong_content'],
    /zip: not a valid zip file|File is not a zip file|end of central directory record`?$/i,
  ),
  ...text(
    ['cut', 'malformed', 'wrong_content'],
    /invalid tar (?:file"?$|header)|TAR_BAD_ARCHIVE|unrecognized archive format|is not a Debian format archive/i,
    inOrder(/Wheel '[^']*' located at /i, / is invalid/i),
  ),
  // The body is longer or shorter than `Content-Length`, perhaps because an intermediate server decompressed it.
  ...text(['cut', 'malformed'], /BAD_TARBALL_SIZE|did not match the one specified in 'Content-Length'/),
  ...text(['cut', 'malformed'], /Unexpected end of JSON input/),
  ...text(
    'wrong_content',
    /invalid character '<'|Unexpected token '?<|clearsigned file isn't valid|<!doctype html|<html|unsupported `?content[ -]type|missing `content-type`|got Content-Type|明文签署文件不可用|media type text\/html|invalid json response/i,
  ),
  ...text(
    'malformed',
    /zip: checksum error|corrupt input before offset|gzip: invalid header|invalid response from proxy|invalid character '|Unexpected token(?: [^<']|$)/,
    /Bad CRC|Bad magic number for|Bad header (?:line|data)|错误的报头|Bad (?:un)?compressed size|Invalid zip file structure|zip64 extended|ZIP file contains|deflate decompression error|incorrect (?:header|data) check|Z_DATA_ERROR/i,
  ),
  ...result(['cut', 'malformed', 'wrong_content'], /TARBALL_EXTRACT/),
  ...result(['malformed', 'wrong_content'], /registry error parsing json|Received some unexpected (?:JSON|HTML)/),
  ...text('throttled', /E429|FETCH_429|\b429\b|too ?many ?requests/i),
  ...text('status', /E400|\b400 Bad Request|\b405 Method Not Allowed|\b406 Not Acceptable|GET 40[056] http/i),
  ...text(
    'denied',
    /E40[13]\b|FETCH_40[13]|ENEEDAUTH|\b40[13]\b|unauthorized|authentication required|authorization failed|lack of valid authentication|pull access denied|requested access to the resource is denied|no basic auth credential|denied: access forbidden/i,
  ),
  // The text lists versions, so pip did read the index.
  ...text('absent', /\(from versions: \S+\d/),
  ...result(
    emptyIndex,
    /\(from versions: (?:none)?\)|No matching distribution found|Unable to find installation candidates/,
  ),
  ...text(
    'absent',
    /E404|FETCH_404|ETARGET|\b404\b|\b410\b|manifest unknown|from remote: not found|No matching version|unknown revision|Unable to locate package|no matching package|there is no version of|only the following versions of|Couldn't find (?:package|any versions for) "|No version matching "|no matching manifest for|no match for platform in manifest|unknown: (?:repository|artifact) \S+ not found|无法定位软件包/i,
    inOrder(/because only /i, / (?:is|are) available/i),
    inOrder(/failed to resolve (?:reference|source metadata for) [^ ]+ /i, /: not found$/i),
  ),
  ...result(['absent', 'wrong_content'], /there are no versions of/i),
  // Other lines of the same output may show which reason it is.
  ...result(['refused', 'timeout_connect', 'unreachable'], /Unable to connect to \S+:https?:|不能连接到 \S+：https?：/),
  ...result(
    'absent',
    /was not found in the (?:package )?registry|Could not find a version|(?:does not have|no longer has) a Release file|(?:没有|不再含有) Release 文件/i,
  ),
  ...text(
    'server',
    /E50[0-9]\b|FETCH_50[0-9]|\b50[0-9]\b|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out|Internal Server Error/i,
  ),
];
