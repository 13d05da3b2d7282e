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
