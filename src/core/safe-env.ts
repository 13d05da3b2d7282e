/** The variables that a line for a shell may set. */
const envNames: ReadonlySet<string> = new Set([
  'GOPROXY',
  'GOPRIVATE',
  'GONOPROXY',
  'GONOSUMDB',
  'GOSUMDB',
  'npm_config_registry',
  'PIP_INDEX_URL',
  'UV_DEFAULT_INDEX',
]);
const credentials = /[a-z][a-z0-9+.-]*:\/\/[^/,|'\s]*@/i;

/**
 * True where each line is `export NAME='…'` with an allowed name, nothing in it can leave the quotes, and no URL carries
 * credentials: the last look before a shell evaluates it.
 */
export function isSafeEnv(text: string): boolean {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .every((line) => {
      const [, name = '', value = ''] = /^export ([A-Za-z_]+)='([\x20-\x26\x28-\x7e]*)'$/.exec(line) ?? [];
      return envNames.has(name) && !credentials.test(value);
    });
}
