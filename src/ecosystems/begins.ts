/**
 * True where a body begins with these bytes, with at most one wrong byte: a file with one corrupt byte still counts as
 * that kind, and its hash shows the corruption.
 */
export function beginsLike(body: Uint8Array, hex: string): boolean {
  const wanted = Buffer.from(hex, 'hex');
  if (body.length < wanted.length) return false;
  return wanted.filter((byte, at) => byte !== body[at]).length <= 1;
}
