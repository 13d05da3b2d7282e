const credentials = /[a-z][a-z0-9+.-]*:\/\/[^/,|'\s]*@/i;

/**
 * True where each line is `export NAME='…'` with an allowed name, nothing in it can leave the quotes, and no URL carries
 * credentials: the last look before a shell evaluates it.
 * @param variables  the names that a line may set
 */
export function isSafeEnv(text: string, variables: readonly string[]): boolean {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .every((line) => {
      const [, name = '', value = ''] = /^export ([A-Za-z_]+)='([\x20-\x26\x28-\x7e]*)'$/.exec(line) ?? [];
      return variables.includes(name) && !credentials.test(value);
    });
}
