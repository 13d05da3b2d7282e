/** A regular expression that matches exactly this text. It has no character that must be quoted in a configuration file. */
export function escapeExpression(text: string): string {
  return [...text]
    .map((char) => {
      if (/[A-Za-z0-9/_-]/.test(char)) return char;
      const code = char.codePointAt(0) ?? 0;
      return code > 0x7e ? '.+' : `\\x${code.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
