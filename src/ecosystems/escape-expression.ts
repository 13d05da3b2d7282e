/** A text as a regular expression that matches it alone, written with nothing that a configuration file would have to quote. */
export function escapeExpression(text: string): string {
  return [...text]
    .map((char) => {
      if (/[A-Za-z0-9/_-]/.test(char)) return char;
      const code = char.codePointAt(0) ?? 0;
      return code > 0x7e ? '.+' : `\\x${code.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
