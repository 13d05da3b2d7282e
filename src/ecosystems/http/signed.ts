import { heldBodyOf, utf8 } from '../../core/body.ts';
import { isMismatch, type ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { printable } from '../../core/printable.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Facts, ProbeRequest, Signature, SignatureCheck, SignatureState } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase } from '../../words/tell.ts';
import { below, type End, get, isNotOffered, type Responded, seenIn, stoppedBy, type Talk, wholeOf } from '../talk.ts';
import type { HttpContext } from './context.ts';
import type { Head, IndexAt, IndexForm, ListedAt, ListedFile, Profile, Summed } from './profile.ts';
import { profileOf } from './profiles.ts';
import { digestSumOf } from './verify.ts';

/**
 * The result of downloading an index as the package manager does. `absent`: the mirror has the index in none of its
 * compression formats, and not uncompressed.
 */
type IndexRead =
  | { readonly tag: 'right'; readonly at: FormAt; readonly response: Responded }
  | {
      readonly tag: 'wrong';
      readonly at: FormAt;
      readonly response: Responded;
      readonly failure: ProbeFailure;
      readonly facts: Facts;
    }
  | { readonly tag: 'absent'; readonly end: End }
  | { readonly tag: 'ended'; readonly end: End };

/** An index in one compression format or uncompressed (`form`), at one of its paths. */
export interface FormAt {
  readonly path: string;
  readonly form: IndexForm;
}

/**
 * Downloads a whole index and compares it with the signed list. As in apt, if a path fails, it tries the next path of
 * the same compression format. After wrong bytes it tries no other path.
 * @param list  the path of the signed list
 */
export function* readIndex({ forms }: IndexAt, list: string, context: HttpContext): Talk<IndexRead> {
  let absent: End = { tag: 'failed', failure: { kind: 'absent', status: 404 } };
  for (const form of forms) {
    let last: End | null = null;
    for (const path of form.paths) {
      const got = yield* getBeside(path, { large: true, bodyBytesMax: limits.packageIndexBytes }, context);
      if (got.tag === 'ok') return yield* compared({ path, form }, got.value, list);
      if (last === null || isNotOffered(last)) last = got.error;
    }
    if (last === null) continue;
    if (!isNotOffered(last)) return { tag: 'ended', end: last };
    absent = last;
  }
  return { tag: 'absent', end: absent };
}

function* compared(at: FormAt, response: Responded, list: string): Talk<IndexRead> {
  const sum = yield* digestSumOf(wholeOf(response));
  const failure = listedFailureOf(sum, at.form.file, { file: at.path, list, signed: list });
  return failure === null
    ? { tag: 'right', at, response }
    : { tag: 'wrong', at, response, failure, facts: seenIn(response.body, sum.bytes) };
}

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
  const got = yield* getBeside(path, { large: true, bodyBytesMax: limits.packageIndexBytes }, context);
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

/** Requests another file than the probed one, without decoding a `Content-Encoding`. */
export function getBeside(path: string, most: Pick<ProbeRequest, 'large' | 'bodyBytesMax'>, context: HttpContext) {
  return get({ url: below(context, path), aside: true, asSent: true, ...most }, context);
}

export function* getList(path: string, context: HttpContext): Talk<Result<Uint8Array, End>> {
  const got = yield* getBeside(path, { bodyBytesMax: limits.signedListBytes }, context);
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

/**
 * The result of gpgv. `judged`: the state of the signature. `bad`: a signature is wrong, and `report` is gpgv's line
 * about it.
 */
type Report =
  | { readonly tag: 'judged'; readonly signature: Signature }
  | { readonly tag: 'bad'; readonly report: string };

/**
 * The state for each status word of gpgv. If a file has several signatures, the first row that matches any of them
 * decides.
 */
const words: readonly (readonly [word: string, state: SignatureState | 'bad'])[] = [
  ['GOODSIG', 'valid'],
  ['BADSIG', 'bad'],
  ['EXPSIG', 'expired'],
  ['EXPKEYSIG', 'expired_key'],
  ['REVKEYSIG', 'revoked_key'],
  ['NO_PUBKEY', 'unknown_key'],
  ['ERRSIG', 'unsupported'],
];

/**
 * Parses the output of `gpgv --status-fd`; `null`: it mentions no signature.
 * @see GnuPG doc/DETAILS, "Format of the --status-fd output"
 */
function readReport(text: string): Report | null {
  const lines = text.split('\n').flatMap((line) => {
    const [, word = '', key = '', rest = ''] = /^\[GNUPG:\] ([A-Z_]+) ([0-9A-F]{16,64})(?: (.*))?$/.exec(line) ?? [];
    return word === '' ? [] : [{ word, key, rest }];
  });
  for (const [word, state] of words) {
    const at = lines.findIndex((line) => line.word === word);
    const found = lines[at];
    if (found === undefined) continue;
    if (state === 'bad') return { tag: 'bad', report: shown(`${word} ${found.key} ${found.rest}`) };
    // VALIDSIG has the whole fingerprint of the key; other lines have only its end, the key's ID.
    const whole = lines.find((line, after) => after > at && line.word === 'VALIDSIG');
    return { tag: 'judged', signature: { state, key: whole?.key ?? found.key } };
  }
  return null;
}

function shown(text: string): string {
  return printable(text.trim(), limits.keyNameChars);
}

export type WholeFile = Pick<Head, 'path' | 'body'> & { readonly sum: Summed };

/**
 * Verifies that a key of the keyring signed a file. The signature is in the file itself or in a file next to it. A
 * wrong signature is a mismatch; an unreadable signature is malformed.
 */
export function* signatureOf(head: WholeFile, keyring: string, context: HttpContext): Talk<Result<Signature, End>> {
  const { path, body } = head;
  const check: SignatureCheck = { keyring, signed: body };
  if (isClearSigned(body))
    return holdsOneMessage(body) ? yield* verified(head, check, context) : stoppedBy(malformed('answer.oneSigned'));
  const isRelease = /(^|\/)Release$/.test(path);
  const signaturePath = `${path}${isRelease ? '.gpg' : '.sig'}`;
  const got = yield* getBeside(signaturePath, { bodyBytesMax: limits.detachedSignatureBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? ok({ state: 'unsigned', key: null }) : got;
  const judged = yield* verified(head, { ...check, signature: got.value.body }, context);
  const isBad = judged.tag === 'error' && isMismatch(judged.error);
  return isBad && isRelease ? ((yield* outOfStep(head, keyring, context)) ?? judged) : judged;
}

/**
 * Returns the failure if Release and Release.gpg belong to different versions of the archive. The proof is an InRelease
 * in the same folder with a valid signature:
 * - If the InRelease has the same text as Release, Release.gpg is of another version.
 * - If the InRelease has another date than Release, the folder has files of different versions.
 *
 * `null`: there is no such proof.
 */
function* outOfStep({ path, body }: WholeFile, keyring: string, context: HttpContext): Talk<Result<never, End> | null> {
  const beside = path.replace(/Release$/, 'InRelease');
  const got = yield* getBeside(beside, { bodyBytesMax: limits.signedListBytes }, context);
  if (got.tag === 'error' || !isClearSigned(got.value.body)) return null;
  const list = { path: beside, body: got.value.body, sum: yield* digestSumOf(wholeOf(got.value)) };
  const signature = yield* signatureOf(list, keyring, context);
  if (signature.tag === 'error' || signature.value.state !== 'valid') return null;
  const [own, signed] = [Buffer.from(body).toString('latin1'), signedTextOf(list.body)];
  const isSame = own.trimEnd() === signed.trimEnd() || dateIn(own) !== dateIn(signed);
  return isSame ? stoppedBy(malformed('answer.releaseStep')) : null;
}

/**
 * Returns the signed text of a body that is one signed message.
 * @see https://www.rfc-editor.org/rfc/rfc9580#name-cleartext-signature-framewo
 */
function signedTextOf(body: Uint8Array): string {
  const text = Buffer.from(body).toString('latin1');
  const from = text.indexOf('\n\n') + 2;
  return text.slice(from, text.indexOf(beginsSignature, from)).replaceAll(/^- /gm, '');
}

function dateIn(release: string): string | undefined {
  return /^Date: .*$/m.exec(release)?.[0];
}

function* verified(
  { path, sum }: WholeFile,
  check: SignatureCheck,
  context: HttpContext,
): Talk<Result<Signature, End>> {
  const response = yield { url: below(context, path), bodyBytesMax: limits.signatureReportBytes, check };
  if (response.tag !== 'answered') return ok({ state: 'no_tool', key: null });
  const report = readReport(utf8(response.body) ?? '');
  if (report === null) return stoppedBy(malformed('answer.openpgp'));
  if (report.tag === 'judged') return ok(report.signature);
  const got = `sha256:${sum.sha256}`;
  return stoppedBy(
    mismatchOf({
      algorithm: 'openpgp',
      want: phrase('answer.goodSignature', { said: report.report }),
      got,
      by: phrase('answer.entryKeyring'),
    }),
  );
}

const begins = '-----BEGIN PGP SIGNED MESSAGE-----';
const beginsSignature = '-----BEGIN PGP SIGNATURE-----';
const ends = '-----END PGP SIGNATURE-----';

function isClearSigned(body: Uint8Array): boolean {
  return Buffer.from(body.subarray(0, begins.length)).toString('latin1') === begins;
}

/**
 * True if a body is exactly one signed message and nothing else. Text before or after the message is not signed, but
 * clients could take it as signed. Also, gpgv accepts a signature after a damaged line, where apt fails.
 */
function holdsOneMessage(body: Uint8Array): boolean {
  const text = Buffer.from(body).toString('latin1');
  const count = (mark: string): number => text.split(mark).length - 1;
  const isOne = [begins, beginsSignature, ends].every((mark) => count(mark) === 1);
  return isOne && text.trimEnd().endsWith(ends);
}
