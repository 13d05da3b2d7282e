/**
 * Whether a text matches a glob that was split at its stars: it begins with the first part, ends with the last, and has
 * the others between them in order. Each part is searched once, after the previous one, so no glob is slow.
 */
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
 * A regular expression that matches this text, for the configuration of other programs. It has no character that must be
 * quoted there. Each character outside ASCII is replaced by `.+`, so the expression also matches other texts.
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
