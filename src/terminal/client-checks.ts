import { basename, join } from 'node:path';
import { limits } from '../core/limits.ts';
import type { ClientCheck, FileChange } from '../core/trap.ts';
import { clientsFor, maskWords, refuseForRoot } from '../daemon/machine.ts';
import type { Context } from './context.ts';

const bounds = { timeoutMs: 60_000, outputBytes: 2 ** 20, diskBytes: 2 ** 28 } as const;

/**
 * Lets the clients on this machine read the inert settings of the new text of each file, in a folder of its own, before the
 * text replaces the old one. As root, no client reads settings of other users: the change itself is refused then. A client that fails with the new text only reads another value too. A client that fails with the old text as
 * well checks nothing, which is reported.
 * @returns the file and the client that reads another value than the wanted one; `null`: there is none
 */
export async function findMisreading(
  { terminal, say, env }: Pick<Context, 'terminal' | 'say' | 'env'>,
  changes: readonly FileChange[],
): Promise<{ readonly file: string; readonly client: string } | null> {
  const clients = clientsFor({ path: env['PATH'] ?? '' });
  /** Returns whether the client prints the line; `null`: it fails. */
  async function shows({ command, args, variable, line, inertTextOf }: ClientCheck, name: string, whole: string) {
    const text = inertTextOf(whole);
    if (text === null) return null;
    const file = join('settings', name);
    const { end, said: output } = await clients.run({
      ...bounds,
      command,
      plan: (home) => ({ args, env: { [variable]: join(home, file) }, files: { [file]: text }, fetched: 'got' }),
      access: { auth: null, proxy: null },
      user: null,
    });
    if (end.tag !== 'exited' || end.code !== 0) return null;
    if (line === null) return true;
    // The output is masked, and clients write the URL of a host with or without a slash.
    const wanted = maskWords(line, { text: (all) => all }, limits.clientLineChars);
    return output.split('\n').some((one) => one.replace(/\/$/, '') === wanted.replace(/\/$/, ''));
  }

  if ((await refuseForRoot(changes.map(({ file }) => file))) !== null) return null;
  for (const { file, before, after, checks = [] } of changes)
    for (const check of checks.filter(({ command }) => clients.find(command) !== null)) {
      const { command: client } = check;
      const isRead = await shows(check, basename(file), after);
      const isOurs = isRead === null && (await shows(check, basename(file), before ?? '')) !== null;
      if (isRead === false || isOurs) return { file, client };
      if (isRead === null) terminal.err(say('apply.unchecked', { client, file }));
    }
  return null;
}
