import { utf8 } from '../../core/body-text.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Signature } from '../../core/signature.ts';
import type { SignatureCheck } from '../../core/transcript.ts';
import { below, type End, get, isNotOffered, type Talk } from '../talk.ts';
import type { HttpContext } from './context.ts';
import { readReport } from './openpgp.ts';
import type { Head, Summed } from './profile.ts';

/** A file that is held whole. */
export type WholeFile = Pick<Head, 'path' | 'body'> & { readonly sum: Summed };

/**
 * The signature over a whole file by one of the keys of a keyring: within it, or in a file beside it, asked aside. A wrong one is
 * a mismatch. What no signature can be read from is malformed: clients refuse it as well.
 */
export function* signatureOf(head: WholeFile, keyring: string, context: HttpContext): Talk<Result<Signature, End>> {
  const { path, body } = head;
  const check: SignatureCheck = { keyring, signed: body };
  if (isClearSigned(body)) return holdsOneMessage(body) ? yield* verified(head, check, context) : malformed(oneMessage);
  const url = below(context, `${path}${/(^|\/)Release$/.test(path) ? '.gpg' : '.sig'}`);
  const got = yield* get({ url, aside: true, asSent: true, bodyBytesMax: limits.detachedSignatureBytes }, context);
  if (got.tag === 'ok') return yield* verified(head, { ...check, signature: got.value.body }, context);
  return isNotOffered(got.error) ? ok({ state: 'unsigned', key: null }) : got;
}

function* verified(
  { path, sum }: WholeFile,
  check: SignatureCheck,
  context: HttpContext,
): Talk<Result<Signature, End>> {
  const answer = yield { url: below(context, path), bodyBytesMax: limits.signatureReportBytes, check };
  if (answer.tag !== 'answered') return ok({ state: 'no_tool', key: null });
  const report = readReport(utf8(answer.body) ?? '');
  if (report === null) return malformed('an OpenPGP signature');
  if (report.tag === 'judged') return ok(report.signature);
  const got = `sha256:${sum.sha256}`;
  return error({
    tag: 'failed',
    failure: {
      kind: 'mismatch',
      algorithm: 'openpgp',
      want: `a good signature (gpgv: ${report.said})`,
      got,
      by: 'the keyring of its entry',
    },
  });
}

const begins = '-----BEGIN PGP SIGNED MESSAGE-----';
const ends = '-----END PGP SIGNATURE-----';
const oneMessage = 'one signed message, and nothing beside it';

function isClearSigned(body: Uint8Array): boolean {
  return Buffer.from(body.subarray(0, begins.length)).toString('latin1') === begins;
}

/** What stands before or behind the message is signed by nobody, and a reader of the file would take it for its own. */
function holdsOneMessage(body: Uint8Array): boolean {
  const text = Buffer.from(body).toString('latin1');
  const count = (mark: string): number => text.split(mark).length - 1;
  return count(begins) === 1 && count(ends) === 1 && text.trimEnd().endsWith(ends);
}

/** Not what clients take. */
export function malformed(expected: string): Result<never, End> {
  return error({ tag: 'failed', failure: { kind: 'malformed', expected } });
}
