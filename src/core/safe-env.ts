const credentials = /[a-z][a-z0-9+.-]*:\/\/[^/,|'\s]*@/i;
const quoted = /^export ([A-Za-z_]+)='([\x20-\x26\x28-\x7e]*)'$/;
/** `export NAME="${NAME:+${NAME%END}}"`, what is appended behind it: the variable itself, without an end of it. */
const appended = /^export ([A-Za-z_]+)="\$\{\1:\+\$\{\1%(?:,|[\w.=-]+)\},?\}[\w.=-]*"$/;

/**
 * True where each line is `export NAME='…'`, or removes the last entry of the list in NAME or appends one, with an allowed
 * name; no text can leave the quotes, and no URL has credentials: the last check before a shell evaluates it.
 * @param variables  the names that a line may set
 */
export function isSafeEnv(text: string, variables: readonly string[]): boolean {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .every((line) => {
      const [, name = '', value = ''] = quoted.exec(line) ?? appended.exec(line) ?? [];
      return variables.includes(name) && !credentials.test(value);
    });
}
