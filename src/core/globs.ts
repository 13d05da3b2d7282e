/** True if a text matches a glob. `parts`: the glob, split at its stars. */
export function matchesParts(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/**
 * Returns a regular expression that matches this text. Characters outside ASCII become `.+`, so it may also match other
 * texts.
 */
export function escapeExpression(text: string): string {
  return [...text]
    .map((char) => {
      if (/[A-Za-z0-9/_-]/.test(char)) return char;
      const code = char.codePointAt(0) ?? 0;
      return code > 0x7e ? '.+' : `\\x${code.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
