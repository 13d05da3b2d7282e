import { createHash } from 'node:crypto';
import { heldBodyOf, type WholeBody } from '../core/body.ts';
import type { ProbeFailure } from '../core/failure.ts';
import { parseRetryAfter } from '../core/http.ts';
import { limits } from '../core/limits.ts';
import type { Target } from '../core/mirror.ts';
import type { ProbeContext } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import type { Slices } from '../core/slices.ts';
import type { Contents, Facts, ProbeRequest, ProbeResponse, Verdict } from '../core/transcript.ts';
import { wrongContent } from '../words/tell.ts';
import { isMaskedResponse, isPolicy } from './refusal-texts.ts';

/**
 * A part of a conversation with a mirror (the requests and responses of one probe): it yields requests, receives
 * responses and returns a value.
 */
export type Talk<T> = Generator<ProbeRequest, T, ProbeResponse>;

export type End = Verdict['outcome'];

/** How a probe ends if its module or version cannot be requested, for example because the name is invalid. */
export const unaskable: End = { tag: 'unknown', because: 'local' };

export function ended(outcome: End, facts: Facts = {}): Verdict {
  return { outcome, facts };
}

export function failedBy(failure: ProbeFailure, facts: Facts = {}): Verdict {
  return ended({ tag: 'failed', failure }, facts);
}

export function stoppedBy(failure: ProbeFailure): Result<never, End> {
  return error({ tag: 'failed', failure });
}

export function fine(facts: Facts = {}): Verdict {
  return ended({ tag: 'ok' }, facts);
}

/** Makes the function that probes a target, from one conversation for each step. */
export function makeProbe<Context>(
  steps: Readonly<Record<string, (target: Target, context: Context) => Talk<Verdict>>>,
): (target: Target, context: Context) => Talk<Verdict> {
  return function* (target, context) {
    const step = steps[target.step];
    return step === undefined ? ended(unaskable) : yield* step(target, context);
  };
}

/** A response, or how the conversation with the mirror must end. */
export type Got = Result<Responded, End>;

/** A part of a conversation that returns a value, or how the conversation must end. */
export type Ask<T> = Talk<Result<T, End>>;

export function below({ baseUrl }: Pick<ProbeContext, 'baseUrl'>, path: string): string {
  return `${baseUrl.replace(/(?<!\/)\/+$/, '')}/${path}`;
}

/** True for a status that most clients accept: each success with a body. */
function isAccepted(status: number): boolean {
  return status >= 200 && status < 300 && status !== 204 && status !== 205;
}

/** Sends a request and returns the response if its status `isAccepted`; else how the conversation must end. */
export function* get(request: ProbeRequest, context: Pick<ProbeContext, 'nowWallMs'>): Ask<Responded> {
  const got = respondedOf(yield request);
  if (got.tag === 'error' || isAccepted(got.value.status)) return got;
  return stoppedBy(failureOfStatus(got.value, context.nowWallMs) ?? { kind: 'status', status: got.value.status });
}

/**
 * Like `get`, for clients that accept only 200: go and skopeo.
 * @param isMasked  whether a 404 or 410 means that the mirror could not reach its own upstream: a fault, not an absence
 */
export function* get200(
  request: ProbeRequest,
  context: Pick<ProbeContext, 'nowWallMs'>,
  isMasked: (response: Responded) => boolean = () => false,
): Ask<Responded> {
  const got = respondedOf(yield request);
  const failure = got.tag === 'ok' ? failureOfStatus(got.value, context.nowWallMs) : null;
  if (got.tag === 'error' || failure === null) return got;
  const isTheirs = failure.kind === 'absent' && isMasked(got.value);
  return stoppedBy(isTheirs ? { kind: 'masked_upstream', status: got.value.status } : failure);
}

/** Returns a response with any status, or how the conversation must end. */
export function respondedOf(response: ProbeResponse): Got {
  if (response.tag === 'answered') return ok(response);
  return error(response.tag === 'failed' ? response : { tag: 'unknown', because: response.because });
}

/** True if the mirror does not have the requested endpoint or file. */
export function isNotOffered(end: End): boolean {
  return end.tag === 'failed' && end.failure.kind === 'absent';
}

/**
 * As `isNotOffered`, for an endpoint or file that no client needs. Servers refuse what they do not have: buckets and
 * caches by 403, others by 400, 405 or 501.
 */
export function isLeftOut(end: End): boolean {
  const status = end.tag === 'failed' && 'status' in end.failure ? end.failure.status : 0;
  return isNotOffered(end) || [400, 403, 405, 501].includes(status);
}

export type Responded = Extract<ProbeResponse, { tag: 'answered' }>;

/**
 * Returns the failure that a status means; `null` for 200, the only success.
 * @param wallMs  the current wall-clock time, to convert a `Retry-After` that is a date
 * @see docs/reasons.md#why-a-probe-failed
 */
export function failureOfStatus(
  response: Pick<Responded, 'status' | 'headers' | 'body'>,
  wallMs: number,
): ProbeFailure | null {
  const { status } = response;
  if (status === 200) return null;
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], wallMs);
  if (status === 429 || (status === 503 && retryAfterMs !== null)) return { kind: 'throttled', status, retryAfterMs };
  // 511: the network between us and the mirror requires a login (RFC 6585 section 6).
  if (status === 511) return wrongContent('answer.portal');
  if (status >= 500) return { kind: 'server', status };
  if (isPolicy(response)) return { kind: 'policy', status };
  if (status === 401 || status === 403) return { kind: 'denied', status };
  if (status === 404 || status === 410)
    return { kind: isMaskedResponse(response) ? 'masked_upstream' : 'absent', status };
  return { kind: 'status', status };
}

const pieceBytes = 2 ** 20;

export function wholeOf({ body, whole }: Responded): WholeBody {
  return whole ?? heldBodyOf(body);
}

/** Runs asynchronous work within a conversation; the event loop serves other probes meanwhile. */
export function* runMeanwhile(work: () => Promise<void>): Talk<void> {
  yield { url: '', bodyBytesMax: 0, work };
}

export function* yieldToEventLoop(): Talk<void> {
  yield* runMeanwhile(() => Promise.resolve());
}

/** Runs work in slices and yields to the event loop between them. */
export function* inSlices<T>(work: Slices<T>): Talk<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    yield* yieldToEventLoop();
  }
}

/** Returns the digest of a body. Yields to the event loop after every `limits.hashTurnBytes`. */
export function* hashOf(body: WholeBody, algorithm: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'): Talk<Buffer> {
  const hash = createHash(algorithm);
  for (let at = 0; at < body.bytes; at += pieceBytes) {
    if (at > 0 && at % limits.hashTurnBytes === 0) yield* yieldToEventLoop();
    hash.update(body.read(at, pieceBytes));
  }
  return hash.digest();
}

/**
 * Makes the fact `seen`: the length and the first bytes of a body.
 * @param body   the body, or at least its first `limits.bytesShown` bytes
 * @param bytes  the length of the whole body
 */
export function seenIn(body: Uint8Array, bytes = body.length): Pick<Facts, 'seen'> {
  const firstHex = Buffer.from(body.subarray(0, limits.bytesShown)).toString('hex');
  return { seen: { bytes, firstHex } };
}

/**
 * Makes the fact `begins` of an artifact. Empty if the response is only a part of it, and too short, or encoded: the
 * beginning of an encoded body is not decoded.
 * @param isPart  true if the response was not read to its end, so its headers state the length
 */
export function beginsIn(response: Responded, isPart: boolean): Pick<Facts, 'begins'> {
  const whole = wholeOf(response);
  const isEncoded = (response.headers['content-encoding'] ?? 'identity') !== 'identity';
  if (isPart && (isEncoded || whole.bytes < limits.peekBytes)) return {};
  const digest = createHash('sha256').update(whole.read(0, limits.peekBytes)).digest('hex');
  return { begins: { digest, bytes: isPart ? statedBytesOf(response) : whole.bytes } };
}

/** The length of the whole body as the headers state it; `null`: they do not. */
function statedBytesOf({ status, headers }: Responded): number | null {
  const text = status === 206 ? headers['content-range']?.split('/')[1] : headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/**
 * True if a body begins with the bytes `hex`. One of these bytes may be wrong, so that a corrupt file is still judged
 * by its hash.
 */
export function matchesBeginning(body: Uint8Array, hex: string): boolean {
  const wanted = Buffer.from(hex, 'hex');
  if (body.length < wanted.length) return false;
  return wanted.filter((byte, at) => byte !== body[at]).length <= 1;
}

/**
 * Makes the fact `contents.versions`, by which the versions that mirrors list are compared.
 * @param versions  the newest last, in the spelling that all mirrors share
 * @param count     the number of all versions, if `versions` has only the newest ones
 * @param yanked    the versions that the response marks as withdrawn
 */
export function statedContentsOf(
  versions: readonly string[],
  isPrerelease: (version: string) => boolean,
  count = versions.length,
  yanked: readonly string[] = [],
): NonNullable<Contents['versions']> {
  const newest = versions.slice(-limits.contentVersions);
  return { count, newest, pre: newest.filter(isPrerelease), ...(yanked.length === 0 ? {} : { yanked }) };
}

/**
 * Selects the tags of a response that are compared between mirrors: `latest` first, at most `limits.contentTags`,
 * without tags that are too long.
 */
export function tagsOf(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const fits = ([name, value]: readonly [string, string]): boolean =>
    name.length <= limits.versionChars && value.length <= limits.versionChars;
  const sorted = Object.entries(tags)
    .filter(fits)
    .toSorted(([a], [b]) => Number(b === 'latest') - Number(a === 'latest'));
  return Object.fromEntries(sorted.slice(0, limits.contentTags));
}
