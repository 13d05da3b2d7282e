/**
 * True where a body begins with these bytes, one of them wrong at most: a file that one byte was spoilt of is still that
 * file, and its hash tells what is wrong with it.
 */
export function beginsLike(body: Uint8Array, hex: string): boolean {
  const wanted = Buffer.from(hex, 'hex');
  if (body.length < wanted.length) return false;
  return wanted.filter((byte, at) => byte !== body[at]).length <= 1;
}
