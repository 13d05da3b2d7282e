import { hash } from 'node:crypto';
import { heldBodyOf, type WholeBody } from '../../core/body.ts';
import { isTimeout, type ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Facts, Signature, Verdict } from '../../core/transcript.ts';
import { below, type End, ended, failedBy, type Responded, respondedOf, type Talk, wholeOf } from '../talk.ts';
import type { HttpContext } from './context.ts';
import type { Head, IndexAt, Leads, Summed } from './profile.ts';
import { getList, readIndex, signatureOf } from './signed.ts';
import { digestSumOf } from './verify.ts';

/** The beginning of a signed list, as the step `get` reads it. */
interface Beginning extends Pick<Head, 'path' | 'body'> {
  /** The length and hash of the whole list; `null`: the list is longer than `body`. */
  readonly sum: Summed | null;
}

/** What one worker thread stores about the indexes that one signed list names. */
interface Kept {
  /** The SHA-256 of the beginning of the signed list. */
  readonly list: string;
  readonly signature: Signature;
  readonly indexes: readonly IndexAt[];
  /** What is stored about each index that was read whole, by the name of the index. */
  readonly copies: Readonly<Record<string, Copy>>;
  /**
   * How often in a row the same wrong copy of an index was read whole, by the name of the index. 0: the last copy was
   * right, or the list has changed. An index that the mirror never had has no entry.
   */
  readonly times: Readonly<Record<string, number>>;
  /** The bytes of indexes that were read whole since `sinceMs` (wall-clock milliseconds). */
  readonly spent: number;
  readonly sinceMs: number;
}

const hourMs = 3_600_000;

/**
 * Compares the indexes that clients read with a signed list, in each probe of the step `get`. A conditional request
 * compares each index with the copy that was last read whole. If an index differs or cannot be compared, it is read
 * whole at once, within `limits.indexBytesPerHour`. A wrong copy is read whole twice. After that, conditional requests
 * compare the index with the wrong copy, as with a right copy.
 */
export function* checkListedIndexes(
  list: Beginning,
  leads: Leads,
  keyring: string,
  context: HttpContext,
): Talk<{ readonly wrong: Verdict | null; readonly facts: Facts }> {
  const { memory, nowWallMs } = context;
  if (memory === undefined) return { wrong: null, facts: {} };
  const key = `indexes ${list.path}`;
  const before = JSON.parse(memory.get(key, nowWallMs) ?? 'null') as Kept | null;
  const got = yield* keptFor(list, before, leads, keyring, context);
  if (got.tag === 'error') return { wrong: ended(got.error), facts: {} };
  if (got.value === null) return { wrong: null, facts: {} };
  const turn = openTurn(got.value, list, context);
  const wrong = yield* turn.check();
  memory.keep(key, JSON.stringify(turn.kept()), nowWallMs + limits.rotaKeptMs);
  return { wrong, facts: { signature: got.value.signature } };
}

/**
 * Returns what is stored about this signed list. For a new list it verifies the signature and starts a new record.
 * `null`: the list changed during the probe.
 */
function* keptFor(
  list: Beginning,
  before: Kept | null,
  leads: Leads,
  keyring: string,
  context: HttpContext,
): Talk<Result<Kept | null, End>> {
  const own = beginningOf(list.body);
  if (before !== null && before.list === own) return ok(before);
  const whole = list.sum === null ? yield* getList(list.path, context) : ok(list.body);
  if (whole.tag === 'error') return whole;
  if (beginningOf(whole.value) !== own) return ok(null);
  const sum = list.sum ?? (yield* digestSumOf(heldBodyOf(whole.value)));
  const signature = yield* signatureOf({ path: list.path, body: whole.value, sum }, keyring, context);
  if (signature.tag === 'error') return signature;
  const indexes = signature.value.state === 'valid' ? leads.indexesIn(list.path, whole.value) : [];
  const spent = { spent: before?.spent ?? 0, sinceMs: before?.sinceMs ?? context.nowWallMs };
  return ok({ list: own, signature: signature.value, indexes, ...carriedOver(before, indexes), ...spent });
}

/**
 * Returns the copies and the counts (`times`) for a new list. They are kept for an index whose entry in the list has
 * not changed. The count of any other index becomes 0.
 */
function carriedOver(before: Kept | null, indexes: readonly IndexAt[]): Pick<Kept, 'copies' | 'times'> {
  if (before === null) return { copies: {}, times: {} };
  const old = new Set(before.indexes.map((index) => JSON.stringify(index)));
  const same = new Set(indexes.flatMap((index) => (old.has(JSON.stringify(index)) ? [index.name] : [])));
  return {
    copies: Object.fromEntries(Object.entries(before.copies).filter(([name]) => same.has(name))),
    times: Object.fromEntries(Object.entries(before.times).map(([name, times]) => [name, same.has(name) ? times : 0])),
  };
}

function beginningOf(list: Uint8Array): string {
  return hash('sha256', list.subarray(0, limits.peekBytes));
}

/** Checks all indexes that a signed list names, within one probe. */
function openTurn(before: Kept, list: Beginning, context: HttpContext) {
  const copies: Record<string, Copy> = { ...before.copies };
  const times: Record<string, number> = { ...before.times };
  const isNewHour = context.nowWallMs - before.sinceMs >= hourMs;
  const sinceMs = isNewHour ? context.nowWallMs : before.sinceMs;
  let spent = isNewHour ? 0 : before.spent;

  function* one(index: IndexAt): Talk<Verdict | null> {
    const copy = copies[index.name];
    const isOnce = copy !== undefined && copy.wrong !== null && (times[index.name] ?? 0) < 2;
    const compared = copy === undefined || isOnce ? 'unknown' : yield* compareCopy(copy, context);
    if (typeof compared === 'object') return ended(compared.end);
    if (compared === 'same') return verdictOf(copy);
    const [form] = index.forms;
    const cost = form?.file.bytes ?? 0;
    // If the bytes of this hour (`limits.indexBytesPerHour`) are used up, the verdict on the last copy still applies.
    // The hourly step `whole` also checks the index.
    if (spent + cost > limits.indexBytesPerHour) return verdictOf(copy);
    spent += cost;
    return yield* readAnew(index, copy);
  }

  function* readAnew(index: IndexAt, last: Copy | undefined): Talk<Verdict | null> {
    const read = yield* readIndex(index, list.path, context);
    const { name } = index;
    // A timeout is no fault here, because a large index may need longer on a slow line. The hourly step `whole` has
    // more time.
    if (read.tag === 'ended')
      return read.end.tag === 'failed' && isTimeout(read.end.failure.kind) ? null : ended(read.end);
    // A mirror of other architectures never had this index, so its absence is no fault.
    if (read.tag === 'absent') return times[name] === undefined ? null : ended(read.end);
    const wrong = read.tag === 'right' ? null : { failure: read.failure, facts: read.facts };
    if (wrong !== null && (yield* isListNew())) return null;
    const copy = copyOf(read.at.path, read.response, wholeOf(read.response), wrong, last);
    const isAgain = last?.wrong != null && last.first === copy.first && last.last === copy.last;
    times[name] = wrong === null ? 0 : isAgain ? (times[name] ?? 0) + 1 : 1;
    copies[name] = copy;
    return verdictOf(copy);
  }

  /**
   * True if the mirror got a new signed list since this probe began. Then the index and the list may belong to
   * different versions of the archive, so a difference is no fault.
   */
  function* isListNew(): Talk<boolean> {
    const now = yield* getList(list.path, context);
    return now.tag === 'ok' && beginningOf(now.value) !== before.list;
  }

  return {
    kept: (): Kept => ({ ...before, copies, times, spent, sinceMs }),
    /** Checks the indexes in order and stops at the first fault. Returns this fault; `null`: there is none. */
    *check(): Talk<Verdict | null> {
      for (const index of before.indexes) {
        const wrong = yield* one(index);
        if (wrong !== null) return wrong;
      }
      return null;
    },
  };
}

function verdictOf(copy: Copy | undefined): Verdict | null {
  return copy === undefined || copy.wrong === null ? null : failedBy(copy.wrong.failure, copy.wrong.facts);
}

/**
 * What is stored about a file that was read to its end. Later probes use it to recognise whether the mirror still
 * serves the same bytes. Hashes are SHA-256, lower-case hex.
 */
interface Copy {
  readonly path: string;
  /**
   * The ETags as sent; the newest is last. There can be several, because each server behind a mirror's URL can send its
   * own.
   */
  readonly etags: readonly string[];
  readonly bytes: number;
  /** `first`: the hash of the first `limits.peekBytes` bytes. `last`: the hash of the last `limits.peekBytes` bytes. */
  readonly first: string;
  readonly last: string;
  /** How the file differs from the signed list; `null`: it does not. */
  readonly wrong: { readonly failure: ProbeFailure; readonly facts: Facts } | null;
}

const etagsMax = 8;

/**
 * Makes the `Copy` of a file that was just read to its end.
 * @param before  the previous copy. Its ETags are copied if both copies have the same path and neither has a fault
 */
function copyOf(path: string, { headers }: Responded, whole: WholeBody, wrong: Copy['wrong'], before?: Copy): Copy {
  const { bytes } = whole;
  const part = Math.min(bytes, limits.peekBytes);
  const [first, last] = [whole.read(0, part), whole.read(bytes - part, part)].map((bytes) => hash('sha256', bytes));
  const { etag } = headers;
  const known = before?.path === path && before.wrong === null && wrong === null ? before.etags : [];
  const etags = [...known.filter((one) => one !== etag), ...(etag === undefined ? [] : [etag])].slice(-etagsMax);
  return { path, etags, bytes, first: first ?? '', last: last ?? '', wrong };
}

/**
 * `same`: the mirror serves the bytes of the copy. `other`: it serves other bytes, or responds with a failure.
 * `unknown`: the response cannot be compared. `end`: how the conversation must end, for example after a timeout.
 */
type Compared = 'same' | 'other' | 'unknown' | { readonly end: End };

/**
 * Compares the file that the mirror serves with a copy. It compares ETags in a conditional request. Without ETags it
 * compares the length and the first and last `limits.peekBytes` bytes. If the compared parts are equal but the ETag is
 * new, the result is `unknown`, because the bytes in between may differ.
 */
function* compareCopy(copy: Copy, context: HttpContext): Talk<Compared> {
  const { peekBytes } = limits;
  const condition = copy.etags.length === 0 ? {} : { 'if-none-match': copy.etags.join(', ') };
  const last = yield* part(copy, { ...condition, range: `bytes=-${peekBytes}` }, context);
  if (typeof last === 'string' || 'end' in last) return last;
  const isNew = copy.etags.length > 0 && last.headers['etag'] !== undefined;
  if (last.status === 206 && hash('sha256', last.body) !== copy.last) return 'other';
  if (isNew) return 'unknown';
  if (last.status === 200 || copy.bytes <= peekBytes) return 'same';
  const first = yield* part(copy, { range: `bytes=0-${peekBytes - 1}` }, context);
  return typeof first === 'string' || 'end' in first ? first : 'same';
}

/**
 * Requests a part of the file and compares it with the copy. If this part is equal but does not decide, the response is
 * returned, and the caller compares more. It is a 206, or a 200 with the right length and beginning.
 */
function* part(
  copy: Copy,
  headers: Readonly<Record<string, string>>,
  context: HttpContext,
): Talk<Compared | Responded> {
  const request = { url: below(context, copy.path), headers, aside: true, asSent: true } as const;
  const { peekBytes: stopAfterBytes, packageIndexBytes: bodyBytesMax } = limits;
  const got = respondedOf(yield { ...request, stopAfterBytes, bodyBytesMax });
  if (got.tag === 'error') {
    const isLate = got.error.tag === 'failed' && isTimeout(got.error.failure.kind);
    return isLate || got.error.tag === 'unknown' ? { end: got.error } : 'other';
  }
  const { status, headers: own, body } = got.value;
  if (status === 304) return 'same';
  if (status === 206) {
    const bytes = /^bytes \d+-\d+\/(\d{1,15})$/.exec(own['content-range'] ?? '')?.[1];
    if (bytes === undefined) return 'unknown';
    if (Number(bytes) !== copy.bytes) return 'other';
    return headers['range']?.startsWith('bytes=0-') === true && hash('sha256', body) !== copy.first
      ? 'other'
      : got.value;
  }
  if (status !== 200) return 'other';
  if (copy.etags.includes(own['etag'] ?? '')) return 'same';
  if (own['content-length'] === undefined) return 'unknown';
  const isSame =
    Number(own['content-length']) === copy.bytes && hash('sha256', body.subarray(0, stopAfterBytes)) === copy.first;
  return isSame ? got.value : 'other';
}
