/** What a field's name is made of, ours and theirs (RFC 9110 section 5.1). */
export const nameForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What its value is made of: nothing that ends a line (RFC 9110 section 5.5). */
export const valueForm = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * A field line as lower-case name and trimmed value; `null` where it is none (RFC 9112 section 5, nothing folded).
 * Its time grows with its length and no faster: a head that is all blanks would hold a thread for good otherwise.
 */
export function fieldOf(line: string): readonly [name: string, value: string] | null {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  if (!nameForm.test(name) || !valueForm.test(line.slice(colon + 1))) return null;
  let [from, to] = [colon + 1, line.length];
  while (from < to && isBlank(line, from)) from += 1;
  while (to > from && isBlank(line, to - 1)) to -= 1;
  return [name.toLowerCase(), line.slice(from, to)];
}

function isBlank(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}
