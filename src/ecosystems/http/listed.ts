import { heldBodyOf } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Signature } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase } from '../../words/tell.ts';
import { below, type End, get, isNotOffered, stoppedBy, type Talk, wholeOf } from '../talk.ts';
import type { HttpContext } from './context.ts';
import type { ListedAt, ListedFile, Profile, Summed } from './profile.ts';
import { profileOf } from './profiles.ts';
import { signatureOf, type WholeFile } from './signed.ts';
import { digestSumOf } from './verify.ts';

type Lists = NonNullable<Profile['lists']>;

/**
 * Verifies a file by the signed list that covers its path. If there is no such list, it verifies the file by the file's
 * own signature.
 */
export function* vouchedFor(file: WholeFile, keyring: string, context: HttpContext): Talk<Result<Signature, End>> {
  const lists = profileOf(context.own.profile)?.lists;
  const at = lists?.listedAt(file.path) ?? null;
  if (lists === undefined || at === null) return yield* signatureOf(file, keyring, context);
  const want = lists.sumIn(file.path);
  const { sha256: got } = file.sum;
  if (want !== null && want !== got)
    return stoppedBy(mismatchOf({ algorithm: 'sha256', want, got, by: phrase('answer.ownPath') }));
  return yield* throughList(file.sum, at, lists, keyring, context);
}

/**
 * Verifies a file by a signed list from the same mirror. If neither the list nor a second list that it names has the
 * file, the signature's state is `unlisted`, which is no fault.
 */
function* throughList(
  sum: Summed,
  at: ListedAt,
  lists: Lists,
  keyring: string,
  context: HttpContext,
): Talk<Result<Signature, End>> {
  const got = yield* getList(at.list, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? ok({ state: 'unsigned', key: null }) : got;
  const body = got.value;
  const signature = yield* signatureOf(
    { path: at.list, body, sum: yield* digestSumOf(heldBodyOf(body)) },
    keyring,
    context,
  );
  if (signature.tag === 'error' || signature.value.state !== 'valid') return signature;
  const listed = lists.find(body, at.name);
  if (listed !== null) {
    const wrong = listedFailureOf(sum, listed, { list: at.list });
    if (wrong === null) return signature;
    if (wrong.kind !== 'mismatch') return stoppedBy(wrong);
    const unread = yield* isRightByHash(lists.hashedAt(at, body), listed, context);
    if (unread.tag === 'error') return unread;
    return stoppedBy(unread.value ? malformed('answer.listedByHash', { list: at.list }) : wrong);
  }
  return (yield* throughInner(sum, body, at, lists, context)) ?? signature;
}

/**
 * True if the mirror has the right file at its by-hash path, which contains the hash. Clients then use that path, so
 * they never read the wrong file.
 * @returns true or false; an error if the response shows neither, for example after a reset
 */
function* isRightByHash(path: string | null, { sha256 }: ListedFile, context: HttpContext): Talk<Result<boolean, End>> {
  if (path === null) return ok(false);
  const request = { url: below(context, path), aside: true, asSent: true, large: true } as const;
  const got = yield* get({ ...request, bodyBytesMax: limits.packageIndexBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? ok(false) : got;
  return ok((yield* digestSumOf(wholeOf(got.value))).sha256 === sha256);
}

/** Verifies a file by a second list, which the signed list names. `null`: the file is as the second list states. */
function* throughInner(
  sum: Summed,
  list: Uint8Array,
  { within, list: outer }: ListedAt,
  lists: Lists,
  context: HttpContext,
): Talk<Result<Signature, End> | null> {
  const unlisted = ok<Signature>({ state: 'unlisted', key: null });
  const inner = within === undefined ? null : lists.find(list, within.listed);
  if (within === undefined || inner === null) return unlisted;
  const got = yield* getList(within.path, context);
  if (got.tag === 'error') return got;
  const wrong = listedFailureOf(yield* digestSumOf(heldBodyOf(got.value)), inner, { list: outer, file: within.path });
  if (wrong !== null) return stoppedBy(wrong);
  const listed = lists.find(got.value, within.name);
  return listed === null ? unlisted : differs(sum, listed, within.path);
}

/** Requests a signed list, without decoding a `Content-Encoding`. */
export function* getList(path: string, context: HttpContext): Talk<Result<Uint8Array, End>> {
  const request = {
    url: below(context, path),
    aside: true,
    asSent: true,
    bodyBytesMax: limits.signedListBytes,
  } as const;
  const got = yield* get(request, context);
  return got.tag === 'error' ? got : ok(got.value.body);
}

function differs(sum: Summed, listed: ListedFile, list: string): Result<never, End> | null {
  const wrong = listedFailureOf(sum, listed, { list });
  return wrong === null ? null : stoppedBy(wrong);
}

/**
 * Returns the failure if a file differs from its entry in a list; `null`: it does not. During a synchronisation the
 * file may be older or newer than the list, so a file of another size is only malformed. A file of the listed size with
 * other bytes is a mismatch.
 * @param where  the paths that the failure names. `list`: of the list. `file`: of the file; absent: it is the probed
 *               file. `signed`: of the list that has the signature; absent: it is `list`
 */
export function listedFailureOf(
  sum: Summed,
  listed: ListedFile,
  { list, file, signed = list }: { readonly list: string; readonly file?: string; readonly signed?: string },
): ProbeFailure | null {
  if (sum.bytes !== listed.bytes)
    return file === undefined
      ? malformed('answer.listedSize', { list })
      : malformed('answer.listedSizeOf', { file, list });
  if (sum.sha256 === listed.sha256) return null;
  const by = phrase('answer.signedList', { list: signed });
  const digests = { algorithm: 'sha256', want: listed.sha256, got: sum.sha256, by };
  return mismatchOf(file === undefined ? digests : { ...digests, side: file });
}
