import { utf8 } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import { printable } from '../../core/printable.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Signature, SignatureCheck, SignatureState } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase } from '../../words/tell.ts';
import { below, type End, get, isNotOffered, stoppedBy, type Talk, wholeOf } from '../talk.ts';
import type { HttpContext } from './context.ts';
import type { Head, Summed } from './profile.ts';
import { digestSumOf } from './verify.ts';

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
  const url = below(context, `${path}${isRelease ? '.gpg' : '.sig'}`);
  const got = yield* get({ url, aside: true, asSent: true, bodyBytesMax: limits.detachedSignatureBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? ok({ state: 'unsigned', key: null }) : got;
  const judged = yield* verified(head, { ...check, signature: got.value.body }, context);
  const isBad = judged.tag === 'error' && judged.error.tag === 'failed' && judged.error.failure.kind === 'mismatch';
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
  const request = { aside: true, asSent: true, bodyBytesMax: limits.signedListBytes } as const;
  const got = yield* get({ url: below(context, beside), ...request }, context);
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
