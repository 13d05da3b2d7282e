const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;

/** A field line as lower-case name and trimmed value; `null` where it is none (RFC 9112 section 5, nothing folded). */
export function fieldOf(line: string): readonly [name: string, value: string] | null {
  const found = field.exec(line);
  return found === null ? null : [(found[1] ?? '').toLowerCase(), found[2] ?? ''];
}
