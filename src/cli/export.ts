import { resolve } from 'node:path';
import { kinds } from '../config/kinds.ts';
import { fileNameTextOf } from '../config/seen.ts';
import { isSafeEnv } from '../core/advice.ts';
import type { Variables } from '../core/kind.ts';
import { createMachine, readOwnFile, replaceFile, systemClock } from '../daemon/machine.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { UsageError } from '../terminal/usage.ts';
import type { Say } from '../words/words.ts';
import { type DaemonClient, formatProblem, UnknownAddress } from './daemon-client.ts';

const variables: Variables = Object.assign({}, ...kinds.map((kind) => kind.variables));

/** The timeout of a response, milliseconds. It is short, because a CI job waits for the response. */
export const exportMs = 5_000;

/** Matches the first line of the fallback file: the time of the response, and the id and the expiry of its advice. */
const head = /^# mirrorwatch (\d{4}-\d\d-\d\dT[\d:.]+Z)\b(?: advice (\S*) until (\S+)\n|[^\n]*\n)/;

/**
 * `mirrorwatch advice --export`: prints the remedy as lines for a shell. The fallback file stores the last usable
 * response. If the daemon gives no usable response, the stored response is printed until its advice expires. If there
 * is no valid stored response either, nothing is printed on standard output, and the exit code is 1; it is 2 if the
 * daemon has no mirror of the ecosystem, and the command did not name this ecosystem.
 * @param daemonOf  returns the client of the daemon
 * @throws UsageError on an unknown ecosystem, and on a fallback file that cannot be read or is not ours
 * @throws UnknownAddress from `daemonOf`, if there is no stored response
 */
export async function exportAdvice(
  context: Context,
  daemonOf: () => Promise<DaemonClient>,
  wanted: {
    readonly ecosystem: string;
    readonly isNamed: boolean;
    readonly upstream: string | undefined;
    readonly fallback: string | undefined;
  },
): Promise<ExitCode> {
  const { terminal, say } = context;
  const { ecosystem, upstream } = wanted;
  if (!kinds.some(({ id }) => id === ecosystem)) throw new UsageError('wrong.noEcosystem', { ecosystem });
  const file = wanted.fallback === undefined ? null : resolve(context.cwd, wanted.fallback);
  const kept = file === null ? null : await keptIn(file);
  const query = upstream === undefined ? '' : `&upstream=${encodeURIComponent(upstream)}`;
  const path = (form: 'env' | 'json'): string => `/api/v1/advice/${ecosystem}/remedy?as=${form}${query}`;
  let isWrongUsage = false;
  let asked: DaemonClient | null = null;
  const lines = await daemonOf().then(
    async (daemon) => {
      // A client that has switched keeps the line of its advice, although new clients may use the usual one again.
      const moved = kept?.text && kept.id ? { 'x-advice-id': kept.id } : {};
      const response = await daemon.send(path('env'), moved);
      isWrongUsage = !wanted.isNamed && response.tag === 'ok' && response.status === 404;
      if (response.tag === 'ok' && response.status === 406)
        return say('advised.noShell', { ecosystem, url: `${daemon.url}${path('json')}` });
      asked = daemon;
      return linesOf(response, daemon.url, say);
    },
    (cause: unknown) => {
      if (kept === null || !(cause instanceof UnknownAddress)) throw cause;
      return say('daemon.problem', { text: cause.text(say) });
    },
  );
  if (typeof lines !== 'string') {
    await print(context, ecosystem, lines.text);
    const now = new Date(systemClock.wallMs()).toISOString();
    const failed =
      file === null ? null : await replaceFile(file, `# mirrorwatch ${now} ${lines.about}\n${lines.text}`, 0o600);
    if (failed !== null) terminal.err(say('advised.fallback', { code: failed }));
    if (!wanted.isNamed && asked !== null) await nameOthers(context, asked, ecosystem);
    return 0;
  }
  terminal.err(lines);
  if (kept === null) return isWrongUsage ? 2 : 1;
  const { requestedAt, until } = kept;
  if (until !== null && Date.parse(until) <= systemClock.wallMs()) {
    terminal.err(say('advised.expired', { at: requestedAt, until }));
    return 1;
  }
  terminal.err(say('advised.used', { at: requestedAt }));
  await print(context, ecosystem, kept.text);
  return 0;
}

/** Says on standard error for which other ecosystems a switch is advised: no line sets those. */
async function nameOthers({ terminal, say }: Context, daemon: DaemonClient, ecosystem: string): Promise<void> {
  const response = await daemon.send('/api/v1/advice');
  const { advice } = ((response.tag === 'ok' ? response.json() : null) ?? {}) as { readonly advice?: unknown };
  const pending = (Array.isArray(advice) ? advice : []).filter(
    (one) => one?.state === 'proposed' && one.newClients !== 'usual',
  );
  const isPending = (id: string): boolean => id !== ecosystem && pending.some((one) => one.ecosystem === id);
  const names = kinds.flatMap(({ id }) => (isPending(id) ? [id] : []));
  if (names.length > 0) terminal.err(say('advised.leftOut', { ecosystem, others: names.join(', ') }));
}

async function print(context: Context, ecosystem: string, text: string): Promise<void> {
  if (text !== '') context.terminal.out(await keepListsOfUser(context, ecosystem, text.trimEnd()));
}

/** Returns lines for a shell as `keepOwnLists` does, for the settings of this user. */
export async function keepListsOfUser({ env, cwd }: Context, ecosystem: string, text: string): Promise<string> {
  const { keepOwnLists } = await import('../features/doctor/settle.ts');
  return keepOwnLists(createMachine({ env, home: env['HOME'] ?? '', cwd, root: '/' }), ecosystem, text);
}

/**
 * Returns `text`, the `export` lines for a shell (empty: nothing to change), or the reason why the response is not
 * usable.
 */
function linesOf(response: Awaited<ReturnType<DaemonClient['send']>>, url: string, say: Say) {
  if (response.tag === 'unreachable') return response.text;
  if (response.status === 204)
    return { text: '', about: `nothing to change ${response.headers['x-advice-state'] ?? ''}`.trimEnd() };
  if (response.status !== 200) return formatProblem(response, say);
  if (!isSafeEnv(response.text, variables)) return say('advised.unsafe', { url });
  const { 'x-advice-id': id = '', 'x-advice-expires': until = '' } = response.headers;
  return { text: response.text, about: `advice ${word(id)} until ${word(until)}` };
}

function word(text: string | readonly string[]): string {
  return String(text).replace(/[^\w.:-]/g, '');
}

/** Reads the stored response from the fallback file; `null`: the file does not exist yet. */
async function keptIn(file: string) {
  const read = await readOwnFile(file);
  if (read.tag === 'error') {
    if (read.code === 'ENOENT') return null;
    throw new UsageError('wrong.unreadable', { option: 'fallback', file: fileNameTextOf(file), code: read.code });
  }
  const [, requestedAt, id = '', until = null] = head.exec(read.text) ?? [];
  const text = read.text.replace(head, '');
  if (requestedAt === undefined || (text !== '' && !isSafeEnv(text, variables)))
    throw new UsageError('wrong.fallback', { file: fileNameTextOf(file) });
  return { requestedAt, id, until, text };
}
