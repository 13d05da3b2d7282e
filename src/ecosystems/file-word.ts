import type { Facts } from '../core/transcript.ts';

/**
 * Makes the fact about what an editable file (such as a lock file) says about bytes. Empty: the file states no hash.
 * @param want  the hash that the file states
 * @param is    `isOverruled`: an authority confirms another hash; `isRight`: the bytes have the stated hash; `isKey`: the
 *              file states the key that decided, and no hash
 */
export function wordOfFile(
  want: string | undefined,
  { isOverruled = false, isRight, isKey = false }: Is,
): Pick<Facts, 'file'> {
  if (want === undefined) return {};
  return { file: { want, says: isOverruled ? 'overruled' : isRight ? 'right' : 'wrong', ...(isKey && { isKey }) } };
}

interface Is {
  readonly isOverruled?: boolean;
  readonly isRight: boolean;
  readonly isKey?: boolean;
}
