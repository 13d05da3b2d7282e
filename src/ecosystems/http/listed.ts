import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Signature } from '../../core/signature.ts';
import { heldBody } from '../../core/whole-body.ts';
import { below, type End, get, isNotOffered, type Talk } from '../talk.ts';
import type { HttpContext } from './context.ts';
import type { ListedAt, Profile, Summed } from './profile.ts';
import { malformed, signatureOf } from './signed.ts';
import { sumOf } from './verify.ts';

/**
 * The signature over the list that names a whole file, and through it the file. The list is the same mirror's, asked aside
 * after the file: while a mirror is being synchronised the two may be of different days. A file of another size is then the
 * likely thing, and clients refuse it for now: malformed. Other bytes of the size that was signed are a mismatch.
 */
export function* throughList(
  { bytes, sha256 }: Summed,
  { list, name }: ListedAt,
  find: NonNullable<Profile['lists']>['find'],
  keyring: string,
  context: HttpContext,
): Talk<Result<Signature, End>> {
  const ask = { url: below(context, list), aside: true, asSent: true, bodyBytesMax: limits.signedListBytes } as const;
  const got = yield* get(ask, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? ok({ state: 'unsigned', key: null }) : got;
  const { body } = got.value;
  const signature = yield* signatureOf({ path: list, body, sum: yield* sumOf(heldBody(body)) }, keyring, context);
  if (signature.tag === 'error' || signature.value.state !== 'valid') return signature;
  const listed = find(body, name);
  if (listed === null) return malformed(`a file that ${list} lists`);
  if (listed.bytes !== bytes) return malformed(`a file of the size that ${list} lists`);
  const want = listed.sha256;
  if (sha256 === want) return signature;
  const by = `the signed ${list}`;
  return error({ tag: 'failed', failure: { kind: 'mismatch', algorithm: 'sha256', want, got: sha256, by } });
}
