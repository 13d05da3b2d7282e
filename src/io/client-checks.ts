import { basename, join } from 'node:path';
import type { ClientRunner } from '../core/client-run.ts';
import { limits } from '../core/limits.ts';
import type { ClientCheck, FileChange } from '../core/trap.ts';
import { maskWords } from './client-words.ts';

const bounds = { timeoutMs: 60_000, outputBytes: 2 ** 20, diskBytes: 2 ** 28 } as const;

interface ReadByClient {
  readonly file: string;
  readonly client: string;
}

/** The clients on this machine that read a new text before it replaces the old one. */
export interface Readers {
  readonly clients: ClientRunner;
  /** Called for a client that fails with the old text as well, so it checks nothing. */
  onUnchecked(read: ReadByClient): void;
}

/**
 * Lets the clients on this machine read the inert settings of the new text of each file, in a folder of its own, before
 * the text replaces the old one. A client that fails with the new text only reads another value too.
 * @returns the file and the client that reads another value than the wanted one; `null`: there is none
 */
export async function findMisreading(
  { clients, onUnchecked }: Readers,
  changes: readonly FileChange[],
): Promise<ReadByClient | null> {
  /** Returns whether the client prints the line; `null`: it fails. */
  async function shows({ command, args, variable, line, inertTextOf }: ClientCheck, name: string, whole: string) {
    // pip rejects a byte order mark, so it stays.
    const [, mark = '', rest = ''] = /^(\ufeff?)(.*)$/s.exec(whole) ?? [];
    const text = inertTextOf(rest);
    if (text === null) return null;
    const file = join('settings', name);
    const { end, said: output } = await clients.run({
      ...bounds,
      command,
      plan: (home) => ({
        args,
        env: { [variable]: join(home, file) },
        files: { [file]: `${mark}${text}` },
        fetched: 'got',
      }),
      access: { auth: null, proxy: null },
      user: null,
    });
    if (end.tag !== 'exited' || end.code !== 0) return null;
    if (line === null) return true;
    // The output is masked, and clients write the URL of a host with or without a slash.
    const wanted = maskWords(line, { text: (all) => all }, limits.clientLineChars);
    return output.split('\n').some((one) => one.replace(/\/$/, '') === wanted.replace(/\/$/, ''));
  }

  for (const { file, before, after, checks = [] } of changes)
    for (const check of checks.filter(({ command }) => clients.find(command) !== null)) {
      const { command: client } = check;
      const isRead = await shows(check, basename(file), after);
      const isOurs = isRead === null && (await shows(check, basename(file), before ?? '')) !== null;
      if (isRead === false || isOurs) return { file, client };
      if (isRead === null) onUnchecked({ client, file });
    }
  return null;
}
