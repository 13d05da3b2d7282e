import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
/** A setting that makes a client avoid the broken part, as `GODEBUG=http2client=0` turns HTTP/2 off for go. */
export interface Bypass {
  /** The client's own name: `go`, `cargo`. */
  readonly client: string;
  /** As an operator writes it. */
  readonly setting: string;
  /** The lines that set it, by form of a remedy: the first one for people, `json` for programs. */
  readonly set: Readonly<Record<string, string>>;
  /** The lines that only remove it: the same forms. */
  readonly unset: Readonly<Record<string, string>>;
  /** A note beside the lines. */
  readonly note: Sentence;
}

/**
 * A setting that is an entry of a comma-separated list in a variable. `set` appends the entry to the variable's value,
 * once however often it runs; `unset` removes it from the end.
 * @see isSafeEnv, which lets no other expansion through
 */
export function listEntry(client: string, variable: string, entry: string): Bypass {
  const without = `export ${variable}="\${${variable}:+\${${variable}%${entry}}}"`;
  return {
    client,
    setting: `${variable}=${entry}`,
    set: {
      env: `${without}\nexport ${variable}="\${${variable}:+\${${variable}%,},}${entry}"`,
      json: JSON.stringify({ [variable]: entry }),
    },
    unset: { env: `${without}\nexport ${variable}="\${${variable}:+\${${variable}%,}}"`, json: '{}' },
    note: phrase('note.bypassVariable', { variable }),
  };
}
