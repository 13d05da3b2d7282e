import { isMarkup } from '../../core/body.ts';
import type { ProbeContext } from '../../core/ports.ts';
import { error } from '../../core/result.ts';
import type { ProbeRequest } from '../../core/transcript.ts';
import { type Ask, below, get200, type Responded, unaskable } from '../talk.ts';
import type { GoContext } from './context.ts';
import { encodePath, escapeModule } from './escape.ts';

function moduleUrlOf(context: Pick<ProbeContext, 'baseUrl'>, module: string, rest: string): string | null {
  const escaped = escapeModule(module);
  return escaped === null ? null : below(context, encodePath(`${escaped}/${rest}`));
}

/**
 * Like `get200` of talk.ts, but a 404 or 410 that reports a failure of the proxy's own upstream becomes the failure
 * `masked_upstream`.
 */
export function getGo(request: ProbeRequest, context: Pick<ProbeContext, 'nowWallMs'>): Ask<Responded> {
  return get200(request, context, isMasked);
}

/** Requests the path `rest` below the URL of a module. For an invalid module path, the result is `unaskable`. */
export function* getBelow(
  module: string | null,
  rest: string,
  request: Omit<ProbeRequest, 'url'>,
  context: GoContext,
): Ask<Responded> {
  const url = moduleUrlOf(context, module ?? '', rest);
  return url === null ? error(unaskable) : yield* getGo({ ...request, url }, context);
}

/** How many bytes of a response text are searched for a cause: enough for the git output that a proxy quotes. */
const causeBytes = 16_384;

/**
 * Error texts of a proxy, or of the go command or git behind it. They mean that the proxy could not reach its source,
 * or could not store the result.
 */
const causes: readonly RegExp[] = [
  /\bbad upstream\b|\bfetch timed out\b/i,
  /\bdial (?:tcp|udp)\b|\bproxyconnect tcp\b|\bx509: /,
  /\b(?:i\/o|TLS handshake) timeout\b|\bcontext deadline exceeded\b|\bClient\.Timeout exceeded\b/,
  /\bGet "?https?:\S+ (?:unexpected )?EOF\b|\bread tcp (?:(?!read tcp ).)*: connection reset by peer\b/,
  /\breading https?:\S+ (?:429|5\d\d)\b/,
  /\bunable to access '[^']*': (?!The requested URL returned error: 4(?!29))/,
  /\bRPC failed; (?:curl (?!22\b)|result=(?!22\b)|HTTP (?:429|5\d\d)\b|result=22, HTTP code = (?:429|5\d\d)\b)/,
  /\bssh: (?:Could not resolve hostname|connect to host)\b|\binflate: data stream error\b/,
  /\bno space left on device\b|\bFailed retrieving resource from\b/,
];

function isMasked({ body }: Responded): boolean {
  return !isMarkup(body) && isMaskedText(new TextDecoder('utf-8').decode(body.subarray(0, causeBytes)));
}

/**
 * True if the text of a 404 or 410 response names a failure behind the proxy as its cause. It searches all lines,
 * because git's error is not on the first line.
 * @see test/fixtures/go/texts-of-404/SOURCES.md; goproxy/goproxy response.go, fetch.go doDirect
 */
export function isMaskedText(text: string): boolean {
  return causes.some((cause) => cause.test(text));
}
