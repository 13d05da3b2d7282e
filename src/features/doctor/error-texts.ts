import type { ProbeFailure } from '../../core/failure.ts';
import { policyTexts } from '../../ecosystems/refusal-texts.ts';

/** Reasons of client errors that no probe reports. */
export const ownReasons = [
  'lookups_off',
  'private',
  'lock_file',
  'proxy',
  'plain_refused',
  'signature',
  'stale',
  'disk',
] as const;
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

/** Matches a line in which the second pattern matches behind the start of the first. `A.*B` would take quadratic time. */
function inOrder(first: RegExp, second: RegExp): ErrorText['pattern'] {
  return { test: (line) => first.test(line) && second.test(line.slice(line.search(first))) };
}

/** True if apt connects to another host than that of the URL: to its proxy. */
function isOtherHost(line: string): boolean {
  const [head = '', tail = ''] = line.split(' connect to ', 2);
  const [, asked] = /^(?:[EW]: )?(?:Err:\d+|Failed to fetch) https?:\/\/([^\s/:]+)/.exec(head) ?? [];
  const [, host] = /^([^\s:]+):\d/.exec(tail) ?? [];
  return asked !== undefined && host !== undefined && asked !== host;
}

/** The places of the HTTP status in errors of clients. Another number in a line is no status. */
const statusPlaces = [
  /\bE#\b|^# [A-Z][\w ]* - GET |^npm \S+ (?:\d{3} )?# [A-Z]|^npm http #|^\d+ http fetch \w+ #|error(?: for \S+)? # [A-Z]|status code # |status code #$/, // npm
  /^npm ERR! (?:Error: )?# [A-Z]|^(?:(?:\d+ verbose|npm verb) stack )?(?:npm ERR! )?Error: # [A-Z]/, // npm 1 to 6
  /ERR_PNPM_FETCH_#|(?<!API )error \(#\)|Response Code: #(?: |$)|answered with HTTP # |Request failed \\?"# |returned a #(?:$|")|\(returned #\)|Bad response: #|^(?:ERR_PNPM_|error: GET https?:).* - #$/, // pnpm, yarn
  /reading \S*: #\b|unexpected status \(\S+: #\b|\): # [A-Z]|\/@v\/list: # /, // go
  /HTTP error # while|\b# Error, Credentials|(?:Client|Server) error '#|HTTP error # Client|\b# (?:Client|Server) Error|HTTP Error # ?[:-]|HTTP\/1\.1" # |error # (?:Client|Server)|too many # error/, // pip
  /HTTP status (?:client|server) error \(#|status code failure: # |failed with # |credentials \(# |returned a # /, // uv
  /^(?:Err(?:or?)?|错误)(?::\d+)? .* # {1,2}[A-Z]|(?:Failed to fetch|无法下载) \S+ +# |^# {1,2}[A-Z].* \[IP: /, // apt
  /HTTP status: # |HTTP response: #$|error parsing HTTP # response body$|Status # (?:trying to pull|while fetching)|status code(?: from registry)? (?:\S+: |\[\w+ \S+\]: )?#\b|request to \S+: # |status # $|StatusCode: #,|\b# \([A-Z]|token: (?:unexpected status: )?# /, // oci
  /, got #\b|https? status code: #|request failed with status code: #|response code said error \([^()]*#|returned error: #\b/, // cargo, curl
  /status: # |HTTP Status: #|Return code is: # |with status code #\b|Error code #,|\S\.(?:pom|jar|xml) # [A-Z]|status code #(?: |,)/, // Maven
  /Received status code #\b|HTTP response code: #|\(status #\)|HTTP #: https?:|bad response [A-Za-z ]{1,40}#\b|^\S+: HTTP # |Status code: # for|HTTPServerException: #|downloaded \(HTTP\/[\d.]+ #|failed! HTTP\/[\d.]+ #|credentials \(HTTP #|indicate success: #|status code '# |responded with HTTP '#|returned an error: \(#\)|\b[Ff]ailed to fetch \S+ : #/, // Gradle, gem, conda, dnf, composer, NuGet, Helm
].map(({ source }) => source);

function statusAt(statuses: string): RegExp {
  // pattern held by: test/unit/hostile-texts.test.ts
  return new RegExp(statusPlaces.join('|').replaceAll('#', `(?:${statuses})`));
}

/** What an index may have responded if pip found no file there. pip shows the status only in its debug log. */
const emptyIndex = ['absent', 'denied', 'server', 'throttled', 'wrong_content'] as const;

const noConnection = ['refused', 'resolve_failed', 'resolve_not_found', 'timeout_connect', 'unreachable'] as const;
const waits = ['timeout_connect', 'timeout_processing'] as const;
/** Why a client may have received no file, if it prints only that it has none. */
const silentFetch = ['absent', 'denied', 'refused', 'resolve_not_found', 'server', 'tls_untrusted', ...waits] as const;

/**
 * Error texts of clients; more specific ones come first, because the first match decides. Each is matched against one
 * line. A chain of causes (uv, cargo) counts as one line, and so does a response that Go quotes.
 */
export const errorTexts: readonly ErrorText[] = [
  ...text('lookups_off', /module lookup disabled by GOPROXY=off/),
  // git asks for a login: the proxy cannot read the repository, or it does not exist.
  ...text(
    'private',
    /terminal prompts disabled|could not read Username for|If this is a private repository/,
    inOrder(/git (?:ls-remote|fetch) /, /Permission denied \(|Host key verification failed/),
  ),
  ...text('lock_file', /MISSING_TARBALL_INTEGRITY/),
  ...text(['lock_file', 'malformed'], /Integrity checked failed for /),
  ...text('disk', /ENOSPC|no space left on device/i),
  ...text(
    'proxy',
    /proxyconnect tcp|Cannot connect to proxy|Proxy Authentication Required|tunneling socket|tunnel error|Tunnel connection failed|Invalid response from proxy: HTTP|socks connect|unable to parse proxy|Could not resolve proxy|proxy handshake error|CONNECT tunnel failed|INVALID_?PROXY|connect to proxy|connecting to proxy|Your proxy appears|from proxy after CONNECT|Unable to use a proxy: |error in your proxy conf|Unable to tunnel through|Proxy host \S+ could not|SOCKSHTTPS?Connection|proxy authorization required|Unable to connect to \S+:\d+:$/i,
    // The response of a proxy to CONNECT, of which Go prints the text of the status only.
    inOrder(
      /(?:Get|Head) "?https:/,
      /\S: (?:Bad (?:Gateway|Request)|Forbidden|Gateway Timeout|Internal Server Error|Method Not Allowed|Not Found|Service Unavailable)$/,
    ),
    statusAt('407'),
    { test: isOtherHost },
  ),
  ...text(
    'signature',
    /NO_PUBKEY|Missing key [0-9A-F]|(?:BAD|UNTRUSTED) signature|: signature from |missing required signature|\bNU30\d\d: |PGP signature\)|KEYEXPIRED|EXPKEYSIG|\bBADSIG\b|public key is not available|Signature verification failed for file|At least one invalid signature|E(?:MISSING|EXPIRED)SIGNATUREKEY|EINTEGRITYSIGNATURE|EATTESTATION|invalid signature for key|invalid tree note|A signature was required| {2}Signature error$|signatures? (?:were|was) invalid|由于没有公钥，无法验证|数字签名错误/i,
  ),
  ...result('signature', /is not signed|is no longer signed|没有数字签名|签名不再生效/i),
  ...text('stale', /Release 文件已经过期/, inOrder(/Release file /i, /is not valid (?:yet|any ?more)|expired/i)),
  ...text(
    'plain_refused',
    /not a trusted (?:or secure )?host|Blocked mirror for|insecure (?:registry|protocol)|Unsafe http requests|does not allow connections to http:|NuGet requires HTTPS sources|501[^\d]{1,20}HTTPS Required/i,
  ),
  ...text('oversize', /downloaded zip file too large|TARBALL_TOO_LARGE|rejecting \d+ byte manifest/),
  // This is the SHA-256 of an empty body, so nothing arrived.
  ...text('cut', inOrder(/did not match/i, /got sha256:e3b0c44298fc1c14/i)),
  ...text(['mismatch', 'wrong_content'], /Checksum validation failed, expected </),
  ...text(
    'mismatch',
    /EINTEGRITY|Checksum validation failed, expected |Integrity check failed for|Bad hash\. Expected|known hashes \(was|ChecksumMismatchError|checksum mismatch|SECURITY ERROR|DO NOT MATCH THE HASHES|Hash Sum mismatch|Hash 校验和不符|Hash mismatch|failed to verify (?:the )?checksum|integrity check(?:sum failed| failed for tarball|$)/i,
    /unexpected commit digest|does not match digest|Digest did not match|DIGEST_INVALID|does not match provided manifest digest|layer verification failed|unexpected checksum|(?:manifest|image config) verification failed for|layers from manifest don't match|blob checksum mismatch|sum doesn't match expectation|changed between lock files|did not match any known checksums| {2}Size mismatch$|Dependency verification failed for|Verification of Gradle distribution failed|TARBALL_INTEGRITY|IntegrityCheckFailed|YN0018|archive doesn't match the expected checksum|but checksum doesn't match|package \(checksum\)|Digest verification failed for|Retrieved digest for link|cannot authenticate record data|server misbehavior detected|checksum verification of the file failed|do not match its signature|content hash validation failed/i,
    inOrder(/digest /i, /mismatch/i),
    // apt compares the size with the signed list before it downloads, so the body was not cut off.
    /File has unexpected size|文件尺寸不符|unerwartete Größe|does not match metalink/,
  ),
  ...text(['absent', 'mismatch'], /Checksum validation failed, no checksums/),
  // The content is longer or shorter than its manifest states.
  ...text(
    ['cut', 'mismatch'],
    /failed size validation|unexpected commit size|Bad data size: expected|EBADSIZE|file size doesn't match expectation|Found incorrect download/,
  ),
  ...text(
    'tls_protocol',
    /server gave HTTP response to HTTPS client|Unsupported or unrecognized SSL message|sent an HTTP request to an HTTPS server|WRONG_VERSION_NUMBER|wrong version number|does not look like a TLS handshake|corrupt message of type InvalidContentType|\bEPROTO\b|fatal alert: (?!\w*certificate)|unexpected TLS packet|malformed HTTP response "\\x15|remote error: tls: (?!.*certificate)|tls: (?:server selected|no supported|unsupported)|unsafe.legacy.renegotiation|dh.key.too.small|record layer failure|\bERR_SSL_|tlsv1[ _]alert|may not support the client's requested TLS|peer is incompatible|peer misbehaved|gnutls_handshake\(\) failed: Handshake failed|SSL23_GET_SERVER_HELLO:unknown protocol|alert(?::? )handshake[ _]failure(?!.*certificate)/i,
  ),
  ...text(
    ['reset', 'tls_protocol'],
    /EOF occurred in violation of protocol|SSL connect error|SSL_connect SYSCALL|terminated the handshake|tls handshake eof|bad record MAC|TLS connection was non-properly terminated|disconnected before secure TLS connection/i,
  ),
  ...text(
    'tls_expired',
    /CERT(?:IFICATE)?.HAS.EXPIRED|certificate is not yet|CERT_NOT_YET_VALID|certificate not valid yet|certificate is expired|validity check failed|certificate:? expired|uses expired cert|\bNotTimeValid\b/i,
  ),
  ...text(
    'tls_name',
    /CERT_ALTNAME_INVALID|certificate is valid for|certificate (?:is )?not valid for|Hostname mismatch|Hostname\/IP does not match|name in the certificate does not match|no alternative certificate subject name|NotValidForName|doesn't contain any IP SANs|IP address mismatch|No subject alternative|not valid for any names|doesn't match any of the subject|relies on legacy Common Name|did not match expected CN|CertificateNameMismatch/i,
    inOrder(/hostname /i, / does(?:n't| not) match/i),
  ),
  ...text(
    'tls_untrusted',
    /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY_LEAF|unknown authority|CERTIFICATE_VERIFY_FAILED|self[- ]signed certificate|unable to get local issuer|Certificate verification failed|certificate issuer is unknown|UnknownIssuer|peer certificate: BadSignature|SSL certificate problem|certificate verify failed|unable to verify the first cert|Error in the certificate verification|peer certificate: Other|PKIX path building failed|verify the SSL certificate for|SSL peer certificate|certificate not trusted|> peer not authenticated|certificate is not trusted|not authorized to sign|incompatible key usage|\bCERT_(?:UNTRUSTED|REVOKED|SIGNATURE_FAILURE)|code INVALID_CA|invalid peer certificate: |SSL CA cert|NO_CERTIFICATE_OR_CRL_FOUND|the SSL certificate is invalid|UntrustedRoot|PartialChain/i,
  ),
  ...result(
    ['tls_untrusted', 'tls_name', 'tls_expired'],
    /a certificate verification issue|ssl-verification-failed|to establish a secure connection to|remote certificate (?:is|was) (?:invalid|rejected)|Could not establish trust relationship|Failed to enable crypto/,
  ),
  ...text(
    'tls_client',
    /certificate required|tls: (?:bad|unknown) certificate|fatal alert: (?:bad|unknown)_?certificate|CertificateRequired/i,
    inOrder(/handshake failure/i, /certificate/i),
  ),
  ...text(
    'resolve_failed',
    /EAI_(?:AGAIN|FAIL)|ESERVFAIL|no answer from DNS|unmarshal DNS message|System error resolving|wicked happened resolving|Resolving timed out|Temporary failure (?:in name resolution|resolving)|暂时不能解析域名|lookup address information: Try again|server misbehaving|getaddrinfo failed: Th(?:is is usually|$)|Resource temporarily unavailable \(\S+:\d+\)/i,
    inOrder(/lookup \S/i, /i\/o timeout|(?:read|dial) udp/i),
  ),
  ...text(
    'resolve_not_found',
    /\bENOTFOUND|: DNS lookup error|no such host|Name or service not known|Could(?: not|n't) resolve host|UnknownHostException|Unknown host |无法解析域名|NameResolutionError|failed to lookup address|Could not resolve '|getaddrinfo ENODATA|No address associated|no data of the requested type|UnresolvedAddressEx|No such host is known|nodename nor servname|getaddrinfo failed|UnknownHostName downloading|remote name could not be resolved/i,
    // Java names only the host.
    /(?: from\/to \S+ \(https?:\S+\): |Could not (?:GET|HEAD) '\S+'\. > )(?:[\w-]+\.)+[a-z]+(?:$| at )/,
  ),
  // bun prints these names for every failed connection, whatever the cause.
  ...text(['resolve_failed', 'refused', 'timeout_connect'], /(?:ConnectionRefused|FailedToOpenSocket) downloading/),
  ...text('refused', /ECONNREFUSED|could not connect to server \(|connection refused|actively refused|os error 10061/i),
  ...text(['refused', 'unreachable'], /Could(?:n't| not) connect to server|Unable to connect to the remote server/),
  ...text(
    'unreachable',
    /E(?:NET|HOST)UNREACH|ENETDOWN|EADDRNOTAVAIL|unreachable network|network error \(check|no route to|network is unreachable|cannot assign|Address not available/i,
  ),
  ...text(
    ['refused', 'resolve_failed', 'resolve_not_found', 'server', 'timeout_connect'],
    /temporary error \(try again/,
  ),
  ...text(['absent', 'denied', 'server'], /remote server returned error \(try|package mentioned in index not found/),
  ...text(['absent', 'denied'], /access denied or repository not exported/),
  ...text('timeout_tls', /TLS handshake timeout|SSL connection timeout|awaiting 'secureConnect'/i),
  // The text has no address, so Go was resolving the name or connecting to the first address.
  ...text(['resolve_failed', 'timeout_connect'], /dial tcp: i\/o timeout/),
  ...text(['resolve_failed', 'timeout_connect', 'timeout_tls'], /canceled while waiting for connection/),
  ...text(['timeout_connect', 'timeout_processing', 'timeout_tls'], /while awaiting headers/),
  // urllib3 shows the timeout's length if it waited for a response, but not if it was reading a body.
  ...text(
    'timeout_transfer',
    /network timeout\. Try increasing|UND_ERR_BODY_TIMEOUT|ETRANSFERTIMEOUT/i,
    inOrder(/body error/i, /operation timed out/i),
    /Read timed out\.\s*$|raise ReadTimeoutError\(self\._pool, None/,
  ),
  ...text(
    ['timeout_connect', 'timeout_processing'],
    /[:-] timed out ?\(https?:|reason: Socket timeout|error \(ERR_SOCKET_TIMEOUT\)|awaiting 'socket'|: request timed out$/,
    inOrder(/Could not fetch URL /, /: timed out/),
    inOrder(/unexpected error occurred: "/, /: ETIMEDOUT/),
  ),
  ...text(
    ['timeout_processing', 'timeout_transfer'],
    /failed to (?:transfer more than|download any data)|Operation too slow|> Read timed out|wsarecv: A connection attempt failed|Connection time(?:d )?out \[IP:/,
  ),
  ...text(
    'timeout_processing',
    /awaiting response headers|UND_ERR_HEADERS_TIMEOUT|ERESPONSETIMEOUT|awaiting 'response'|Could not wait for server fd|ESOCKETTIMEDOUT|ERR_SOCKET_TIMEOUT|Read timed out|ReadTimeout|Idle timeout|EIDLETIMEOUT/i,
    inOrder(/Failed to read /i, / timed? ?out/i),
  ),
  ...text(
    'timeout_connect',
    /ETIMEDOUT|awaiting 'connect'|CONNECT_TIMEOUT|Connect Timeout Error|ECONNECTIONTIMEOUT|Unable to connect to \S+ within|i\/o timeout|connection timed out|connect timed out|Connect timeout for|OpenTimeout|ConnectTimeout|Timeout was reached|Socket connection timeout|ERR_SOCKET_CONNECTION_TIMEOUT|os error 10060|A connection attempt failed because|connectex: (?:A connection attempt failed|连接尝试失败)|，连接超时|: connect: operation timed out/i,
    inOrder(/error \(?Connect/i, /operation timed out/i),
  ),
  // Python was waiting for a response head or a body. A later line may show which of the two.
  ...result(['timeout_processing', 'timeout_transfer'], /The read operation timed out/),
  ...text(
    ['timeout_connect', 'timeout_processing', 'timeout_transfer'],
    /network timeout at: |GET \S+ error \(23\)|Timeout exceeded when accessing|operation timed out|deadline exceeded|awaiting 'request'|: Timeout downloading|aborted due to timeout|didn't respond within|failed: timeout(?:"?$| \(\d)|Response timeout while trying|has timed out(?: after \d+ms)?\.|timed out because no data was received/i,
  ),
  // The body of a Go module ended early, or its zip is damaged. The go command prints the same text for both.
  ...text(['cut', 'malformed'], /@v\d[^\s@]*: unexpected EOF|unexpected BufError/),
  // The connection ended before the response header was complete, or inside a tunnel.
  ...text(['cut', 'reset'], /(?:Get|Head|Post) "?https?:\S+: unexpected EOF/),
  ...text(
    'cut',
    /unexpected EOF|IncompleteRead|InvalidChunkLength|Transferred a partial file|Premature end of Content-Length|server aborted pending|Premature close|ERR_STREAM_PREMATURE_CLOSE|transfer closed with|Connection broken: Inc|short read|end of file before message length|early EOF;|EOF reached while reading|bytes received: \d|end of response with|Content-Length (?:header )?mismatch|response ended prematurely|CONTENT_LENGTH_MISMATCH|closed connection without sending complete|unexpected end of file|without sending TLS close_notify|not enough bytes were received/i,
    inOrder(/Undetermined Error/i, /size/i),
  ),
  ...text(
    ['cut', 'reset'],
    /stream error received:|GOAWAY received|RST_STREAM|> ?http2 error|http2 error connection error|connection error received: |rror in the HTTP\/?2 framing layer|stream \d+ was not closed cleanly|ConnectionClosed downloading/,
    inOrder(/stream error: stream ID \d+;/, /received from peer|INTERNAL_ERROR/),
  ),
  ...text(['reset', 'timeout_processing'], /Connection failed \[IP:/),
  ...text(
    'malformed',
    /malformed (?:HTTP|MIME) |invalid (?:reply|Content-Length|Content-Range) header|broken range support|Weird server reply|bad HTTP Content|Received HTTP\/0\.9|BadStatusLine\((?!"''")|LineTooLong|invalid HTTP \w+ parsed|(?:: |^npm \S+ )Parse Error(?=: |"|$)|unhandled content range|Content-Encoding algorithm|not a valid digest|include a token in|relative URL without a base|Request failed \\?"0 |media-type: cannot|UNEXPECTED_304|META_NOT_MODIFIED|`dist\.tarball`|no "dist" field/i,
  ),
  ...text(
    'reset',
    /ECONN(?:RESET|ABORTED)|ERR_SOCKET_CLOSED|UND_ERR_SOCKET|closed idle connection|: Connection closed$|closed the connection|parser received no bytes|: terminated$|receiving data from the peer|sending data to the peer|Server disconnected|attempts=\d+: EOF$|connection reset|network connection aborted|network aborted|Error: aborted$|connResetException|socket hang up|Connection aborted|RemoteDisconnected|remote end closed connection|forcibly closed|wsarecv: An exist|Broken pipe|EPIPE|os error 10054|empty reply from server|connection closed before message|failed to respond|too many connection resets|closed without a reply|Server returned nothing|Connection reset|Recv failure|underlying connection was closed: An unexpected/i,
    /https?:\/\/(?:(?!https?:)\S)+: EOF\b|sent GOAWAY|client connection lost|ConnectionResetError|Error in the pull function|对方关闭了连接/,
    inOrder(/failed to do request: /, /EOF\b/),
  ),
  ...text(
    'redirect',
    /(?:too ?many ?|circular |max(?:imum)?[- ]?)redirect|Invalid 30\d location|redirect (?:location|without|is missing|mode|response )|invalid redirect URL|redirected from|\d\)? redirects|redirection|redirected \d|got 30\d/i,
  ),
  ...text(
    ['cut', 'wrong_content'],
    /zip: not a valid zip file|File is not a zip file|end of central directory record`?$/i,
  ),
  ...text(
    ['cut', 'malformed', 'wrong_content'],
    /invalid tar (?:file"?$|header)|TAR_BAD_ARCHIVE|BAD archive|unrecognized archive format|is not a Debian format archive|Extracting tar content of(?!.*ENOENT)|Received malformed response|read expected number of bytes|cannot detect archive format|Invalid file format$|zip END header not found|corrupt deflate|invalid gzip header|unsupported compression|TAR_ENTRY_INVALID|Unexpected end of data|package metadata is missing in|returned an empty 200 response|Failed to decode zlib stream|Splitting up \S+ into data and signature failed/i,
    inOrder(/Wheel '[^']*' located at /i, / is invalid/i),
    inOrder(
      /replaced source registry |decoding response body |metadata from |unexpected JSON from /,
      /expected value at line/,
    ),
  ),
  // The body is longer or shorter than `Content-Length`, perhaps because an intermediate server decompressed it.
  ...text(
    ['cut', 'malformed'],
    /BAD_TARBALL_SIZE|did not match the one specified in 'Content-Length'|Unexpected end of JSON input|Unterminated string in JSON|EOF while parsing|ENODATA|invalid package format/i,
  ),
  ...text(
    'wrong_content',
    /invalid character '<'|Unexpected token '?<|clearsigned file isn't valid|Conflicting distribution: |<!doctype html|<html|unsupported `?content[ -]type|missing `content-type`|got Content-Type|明文签署文件不可用|media type (?:text\/html|application\/json)|invalid content-type: |unknown type text\/html/i,
  ),
  ...text(
    'malformed',
    /zip: checksum error|corrupt input before offset|gzip: invalid header|HPE_[A-Z]|invalid response from proxy|invalid character '|Unexpected token(?: [^<]|$)|invalid json response|in JSON at position|BROKEN_METADATA_JSON/,
    /missing or empty Content-Type|unsupported schema version|decode token response|missing realm in|no realm specified|unsupported protocol scheme \\?"|proxy returned info for|ERR_PNPM_NO_VERSIONS/,
    /Bad CRC|Bad magic number for|Bad header (?:line|data)|错误的报头|Bad (?:un)?compressed size|Invalid zip file structure|zip64 extended|ZIP file contains|deflate decompression error|incorrect (?:header|data) check|Z_DATA_ERROR/i,
  ),
  ...text(
    ['malformed', 'wrong_content'],
    /@v\d[^\s@]*: parsing go\.mod: |has unexpected file |unexpected file name |create zip: malformed|malformed note|Non-parseable POM|Could not parse module metadata|not allowed in prolog|failed to parse registry's information|Couldn't parse metadata of|parse the JSON Python|Archive contains |Package metadata (?:name|version) `|mediaType in manifest should|unsupported manifest media type|Could not parse repodata|E: Invalid Release file, |has inconsistent (?:name|version): |Could not parse POM https?:|does not contain valid JSON|error (?:converting YAML|unmarshaling JSON)|empty index\.yaml file|no API version specified/i,
  ),
  ...result(['cut', 'malformed', 'wrong_content'], /TARBALL_EXTRACT/),
  ...result(['malformed', 'wrong_content'], /registry error parsing json|Received some unexpected (?:JSON|HTML)/),
  ...text('throttled', /too ?many ?requests/i, statusAt('429')),
  ...text('policy', statusAt('451'), ...policyTexts),
  ...text('status', statusAt('203|304|40[0568]|41[1-8]|42[1-6]')),
  ...text(
    'denied',
    /YN0041|require a credential-provider|code EOTP|no token found for|token rejected for|failed to authenticate when|Access denied to: https?:|Authorization error accessing|unauthorized|authentication (?:is )?required|bad username or password|authorization failed|lack of valid authentication|pull access denied|requested access to the resource is denied|no basic auth credential|Could not authenticate against |denied: access forbidden|^(?:History: - )?Permission to access '/i,
    statusAt('40[123]'),
  ),
  // The text lists versions, so pip did read the index.
  ...text('absent', /\(from versions: \S+\d/),
  ...result(
    emptyIndex,
    /\(from versions: (?:none)?\)|No matching distribution found|Unable to find installation candidates/,
  ),
  ...text(
    'absent',
    /ETARGET|(?:MANIFEST|NAME)_UNKNOWN|was not found in https?:|Searched in the following locations|Failure to find \S+ in https?:|not found on medium|\] +not found: https?:|Could not find artifact \S+ in |(?:manifest|name|blob) unknown|Could not find metadata \S+ in |ENOVERSIONS|No versions available|UNPUBLISHED_PKG|No valid versions found|No candidates found|failed to return tag|no image found in|not available from current channels|content at \S+ not found|FileNotFoundException: https?:|find candidates for |which doesn't (?:exist|match any versions),|: Package \[\S+\] not found|(?:opening |ROR: )https?:\S+: No such file|Could not find a matching version|toolchain not available|config\.json not found in registry|from remote: not found|No matching version(?! found for \S*@workspace:)|no matching versions for query|unknown revision|Unable to locate package|no matching package|there is no version of|only the following versions of|Couldn't find (?:package|any versions for) "|No version matching "|No packages exist with this id in source\(s\): (?!Microsoft Visual Studio Offline)|^error: package "\S+" not found \S+ 404$|\bNU1102: Unable to find package |Unable to find version '[^']+' of package|^Error: chart "[^"]+" .{1,99} not found in |no matching manifest for|no match for platform in manifest|unknown: (?:repository|artifact) \S+ not found|无法定位软件包/i,
    inOrder(/because only /i, / (?:is|are) available/i),
    inOrder(/failed to resolve (?:reference|source metadata for) [^ ]+ /i, /: not found$/i),
    statusAt('404|410'),
  ),
  ...result(['absent', 'wrong_content'], /there are no versions of|No URLs in mirrorlist/i),
  // Other lines of the same output may show which reason it is.
  ...result(['refused', 'timeout_connect', 'unreachable'], /(?:connect to|ligar a) \S+:https?:|不能连接到 /),
  ...result(
    'absent',
    /was not found in the (?:package )?registry|is not in (?:the|this) (?:npm )?registry|Could not find a version|(?:does not have|no longer has) a Release file|(?:没有|不再含有) Release 文件/i,
  ),
  ...text('server', statusAt('5[0-9][0-9]'), /registry appears to be down|: Remote I\/O error$/),
  ...text('denied', inOrder(/(?:ROR|ING): \S*https?:/, /: Permission denied$/)),
  ...result('absent', /Ignoring https?:\S+: No such file/),
  ...result(noConnection, /establish a new connection:$/),
  ...result(
    silentFetch,
    /Cannot fetch index base URL |find any downloads that satisfy|Failed getting release |No mirror file '|trouble with your network|Could not fetch specs from https?:|failed to download "|[Aa]ll mirrors were (?:already )?tried|multiple attempts to download the nupkg/,
  ),
  ...result(
    ['cut', 'refused', 'reset', 'resolve_not_found', 'tls_untrusted', ...waits],
    /[Tt]ransfer failed for https?:|Unable to load the service index for|rror when performing the request to https?:|Status 0 while fetching|HTTP request failed!$|\bNU1301: [^:]{1,200}https?:/,
  ),
  ...text(
    noConnection,
    /All attempts to connect to|HTTP 000 CONNECTION FAILED for url|× Failed to connect to \S+ while/,
  ),
];
