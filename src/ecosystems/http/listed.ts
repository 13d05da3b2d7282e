import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Signature } from '../../core/signature.ts';
import { below, type End, get, isNotOffered, type Talk } from '../talk.ts';
import type { HttpContext } from './context.ts';
import type { Head, ListedAt, Profile } from './profile.ts';
import { malformed, signatureOf } from './signed.ts';
import { sha256Of } from './verify.ts';

/**
 * The signature over the list that names a whole file, and through it the file. The list is the same mirror's, asked aside
 * after the file: while a mirror is being synchronised the two may be of different days. A file of another size is then the
 * likely thing, and clients refuse it for now: malformed. Other bytes of the size that was signed are a mismatch.
 */
export function* throughList(
  { body, ...head }: Head,
  { list, name }: ListedAt,
  find: NonNullable<Profile['lists']>['find'],
  keyring: string,
  context: HttpContext,
): Talk<Result<Signature, End>> {
  const ask = { url: below(context, list), aside: true, asSent: true, bodyBytesMax: limits.signedListBytes } as const;
  const got = yield* get(ask, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? ok({ state: 'unsigned', key: null }) : got;
  const signature = yield* signatureOf({ ...head, path: list, body: got.value.body }, keyring, context);
  if (signature.tag === 'error' || signature.value.state !== 'valid') return signature;
  const listed = find(got.value.body, name);
  if (listed === null) return malformed(`a file that ${list} lists`);
  if (listed.bytes !== body.length) return malformed(`a file of the size that ${list} lists`);
  const [algorithm, want, hex] = ['sha256', listed.sha256, sha256Of(body)];
  if (hex === want) return signature;
  return error({ tag: 'failed', failure: { kind: 'mismatch', algorithm, want, got: hex, by: `the signed ${list}` } });
}
