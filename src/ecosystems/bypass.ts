/** A variable of the environment that makes a client go past what is broken, as `GODEBUG=http2client=0` turns HTTP/2 off. */
export interface Bypass {
  /** Holds a list of `name=value`, separated by commas. */
  readonly variable: string;
  /** One entry of that list. */
  readonly entry: string;
}

/** As a person writes it: `GODEBUG=http2client=0`. */
export function bypassText({ variable, entry }: Bypass): string {
  return `${variable}=${entry}`;
}

/**
 * Lines for a shell. `set` appends the entry to what the variable holds, once however often it runs; `unset` takes it off
 * the end again, and nothing else.
 * @see isSafeEnv, which lets no other expansion through
 */
export function bypassLines({ variable, entry }: Bypass): { readonly set: string; readonly unset: string } {
  const without = `export ${variable}="\${${variable}:+\${${variable}%${entry}}}"`;
  return {
    set: `${without}\nexport ${variable}="\${${variable}:+\${${variable}%,},}${entry}"`,
    unset: `${without}\nexport ${variable}="\${${variable}:+\${${variable}%,}}"`,
  };
}
