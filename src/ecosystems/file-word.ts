import type { Facts } from '../core/transcript.ts';

/**
 * Makes the fact about what an editable file (such as a lock file) says about bytes. Empty: the file states no hash.
 * @param want  the hash that the file states
 * @param is    `isOverruled`: an authority confirms another hash; `isRight`: the bytes have the stated hash
 */
export function wordOfFile(
  want: string | undefined,
  { isOverruled, isRight }: { readonly isOverruled: boolean; readonly isRight: boolean },
): Pick<Facts, 'file'> {
  if (want === undefined) return {};
  return { file: { want, says: isOverruled ? 'overruled' : isRight ? 'right' : 'wrong' } };
}
