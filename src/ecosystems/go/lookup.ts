import { hasControls, isMarkup } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { ProbeContext } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { ProbeRequest } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import { type Ask, below, get200, type Responded, stoppedBy, unaskable } from '../talk.ts';
import type { GoContext, Lookup } from './context.ts';
import { encodePath, escapeModule, escapeVersion } from './escape.ts';
import { openNote, parseTreeHead, type SignedHead, type Verifier } from './note.ts';

/** A module that many clients look up in the public database. So the request reveals nothing about this host. */
export const knownLookup: Lookup = { module: 'rsc.io/quote', version: 'v1.5.2' };

/** Returns the path of a module version's record below a database's base URL; `null` for an invalid module path. */
export function lookupPathOf({ module, version }: Lookup): string | null {
  const path = escapeModule(module);
  return path === null ? null : `lookup/${path}@${escapeVersion(version)}`;
}

/**
 * Requests the record of a module version, and verifies the signature of the tree head in the response. It does not
 * prove that the tree contains the record.
 */
export function* requestRecord(
  database: Database,
  { module, version }: Lookup,
  { aside }: { readonly aside: boolean },
): Ask<FoundRecord> {
  const path = lookupPathOf({ module, version });
  if (path === null) return error(unaskable);
  const got = yield* getFrom(database, path, { aside, bodyBytesMax: limits.noteBytes });
  if (got.tag === 'error') return got;
  if (isMarkup(got.value.body)) return stoppedBy(wrongContent('answer.record'));
  const record = parseRecord(got.value.body);
  const hashes = record === null ? null : hashesOf(record.text, module, version);
  if (record === null || hashes === null) return stoppedBy(malformed('answer.record'));
  const head = openHead(record.note, database.verifier);
  if (head.tag === 'error') return stoppedBy(head.error);
  if (record.id >= head.value.size) return stoppedBy(malformed('answer.recordTree'));
  return ok({ id: record.id, text: record.text, head: head.value, hashes });
}

export function* requestHead(database: Database): Ask<SignedHead> {
  const got = yield* getFrom(database, 'latest', { aside: true, bodyBytesMax: limits.noteBytes });
  if (got.tag === 'error') return got;
  const head = openHead(got.value.body, database.verifier);
  return head.tag === 'error' ? stoppedBy(head.error) : head;
}

function openHead(note: Uint8Array, verifier: Verifier): Result<SignedHead, ProbeFailure> {
  if (isMarkup(note)) return error(wrongContent('answer.treeHead'));
  const opened = openNote(note, verifier);
  if (opened.tag === 'forged') {
    const want = `${verifier.name}+${verifier.hashHex}`;
    return error(
      mismatchOf({
        algorithm: 'ed25519',
        want,
        got: opened.signature.slice(0, 100),
        by: phrase('answer.goKey'),
      }),
    );
  }
  const head = opened.tag === 'ok' ? parseTreeHead(opened.text) : null;
  const text = Buffer.from(note).toString('utf8');
  if (head === null || text.length > limits.headNoteChars) return error(malformed('answer.treeHead'));
  return ok({ ...head, note: text });
}

/** The parts of a lookup response. `note` is the text of a signed tree head. */
interface LogRecord {
  readonly id: number;
  /**
   * The go.sum lines of the record, each with its line feed. The record's hash in the log is computed from this text.
   */
  readonly text: string;
  readonly note: Uint8Array;
}

/**
 * Splits a lookup response into its parts; `null`: the response is malformed.
 * @see docs/protocols/go.md#checksum-database; golang/mod sumdb/tlog/note.go ParseRecord
 */
export function parseRecord(body: Uint8Array): LogRecord | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const idEnd = bytes.indexOf(0x0a);
  const textEnd = bytes.indexOf('\n\n', idEnd);
  if (idEnd <= 0 || textEnd <= idEnd) return null;
  const id = bytes.toString('latin1', 0, idEnd);
  const text = bytes.toString('utf8', idEnd + 1, textEnd + 1);
  if (!/^(0|[1-9]\d{0,15})$/.test(id) || !Number.isSafeInteger(Number(id))) return null;
  if (hasControls(text) || text.includes('\uFFFD')) return null;
  return { id: Number(id), text, note: bytes.subarray(textEnd + 2) };
}

/**
 * Returns the `h1:` hashes of one module version in a record, with the keys `module@version` and
 * `module@version/go.mod`.
 * @returns `null` if one of the two hashes is missing
 */
export function hashesOf(text: string, module: string, version: string): Readonly<Record<string, string>> | null {
  const hashes: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [path, named, hash, more] = line.split(' ');
    if (path !== module || hash === undefined || more !== undefined || !hash.startsWith('h1:')) continue;
    if (named === version) hashes[`${module}@${version}`] ??= hash;
    if (named === `${version}/go.mod`) hashes[`${module}@${version}/go.mod`] ??= hash;
  }
  return Object.keys(hashes).length === 2 ? hashes : null;
}

/** A checksum database, queried through a relay or directly, and what this conversation received from it. */
export interface Database {
  readonly context: GoContext;
  /** The base URL of the database, without a trailing slash. */
  readonly base: string;
  readonly verifier: Verifier;
  /** The received tiles (parts of the hash tree), keyed by path. They are not verified. */
  readonly fetched: Map<string, Buffer>;
  readonly took: Map<string, NonNullable<Responded['took']>>;
}

/** A record, and the tree head in the same response. The signature of the tree head was verified. */
export interface FoundRecord extends Pick<LogRecord, 'id' | 'text'> {
  readonly head: SignedHead;
  readonly hashes: Readonly<Record<string, string>>;
}

export function relayOf(context: GoContext, verifier: Verifier): Database {
  return databaseAt(below(context, `sumdb/${verifier.name}`), context, verifier);
}

/** Returns the database itself, to query it directly; `null`: probes query it only through relays. */
export function directOf(context: GoContext, verifier: Verifier): Database | null {
  const { direct } = context.own.sumdb ?? {};
  return direct === undefined ? null : databaseAt(direct, context, verifier);
}

function databaseAt(base: string, context: GoContext, verifier: Verifier): Database {
  return { context, base, verifier, fetched: new Map(), took: new Map() };
}

export function* getFrom(
  database: Database,
  path: string,
  { aside, bodyBytesMax }: Pick<ProbeRequest, 'aside' | 'bodyBytesMax'>,
): Ask<Responded> {
  // In URLs of a checksum database the go command does not percent-encode `!`, unlike in URLs of modules.
  const request = { url: `${database.base}/${path}`, bodyBytesMax, ...(aside === true ? { aside } : {}) };
  const got = yield* getGo(request, database.context);
  if (got.tag === 'ok' && got.value.took !== undefined) database.took.set(path, got.value.took);
  return got;
}

function moduleUrlOf(context: Pick<ProbeContext, 'baseUrl'>, module: string, rest: string): string | null {
  const escaped = escapeModule(module);
  return escaped === null ? null : below(context, encodePath(`${escaped}/${rest}`));
}

/**
 * Like `get200` of talk.ts, but a 404 or 410 that reports a failure of the proxy's own upstream becomes the failure
 * `masked_upstream`.
 */
function getGo(request: ProbeRequest, context: Pick<ProbeContext, 'nowWallMs'>): Ask<Responded> {
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
