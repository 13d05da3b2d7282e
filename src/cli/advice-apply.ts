import { kinds } from '../config/kinds.ts';
import { printable } from '../core/printable.ts';
import { readMapping } from '../core/read-json.ts';
import { createMachine } from '../daemon/system.ts';
import { confirmChanges, whoseSettings } from './apply.ts';
import type { Context, ExitCode } from './context.ts';
import type { DaemonClient } from './daemon-client.ts';
import { UsageError } from './usage.ts';

/** The arguments of a call. */
interface Wanted {
  readonly ecosystem: string;
  readonly upstream: string | undefined;
  readonly home: string | undefined;
  readonly root: string | undefined;
  readonly isAgreed: boolean;
}

/**
 * `mirrorwatch advice --apply`: writes the current remedy into the clients' own files after showing the change and
 * asking for confirmation.
 * @throws UsageError on an unknown ecosystem
 */
export async function applyAdvice(context: Context, daemon: DaemonClient, wanted: Wanted): Promise<ExitCode> {
  const { terminal, env, cwd, say } = context;
  const { ecosystem, upstream } = wanted;
  if (!kinds.some(({ id }) => id === ecosystem)) throw new UsageError('wrong.noEcosystem', { ecosystem });
  const whose = whoseSettings(context, wanted);
  const query = upstream === undefined ? '' : `&upstream=${encodeURIComponent(upstream)}`;
  const answer = await daemon.get(`/api/v1/advice/${ecosystem}/remedy?as=json${query}`);
  if (answer.status === 204) {
    terminal.out(say('advised.none'));
    return 0;
  }
  const remedy = readMapping(answer.text);
  const machine = createMachine({ env, home: whose.home, cwd, root: whose.root });
  const { settle } = await import('../features/doctor/settle.ts');
  const settling = remedy === null ? null : await settle(machine, ecosystem, remedy, say);
  if (settling === null) {
    terminal.err(say('advised.unsettable', { url: daemon.url }));
    return 1;
  }
  for (const note of settling.notes) terminal.err(say('advised.note', { text: note }));
  if (settling.isForEnvironment) {
    terminal.err(say('advised.byShell', { command: `eval "$(mirrorwatch advice --export ${ecosystem})"` }));
    return 1;
  }
  if (settling.changes.length === 0) {
    terminal.out(say('advised.already'));
    return 0;
  }
  if ((await confirmChanges(context, settling.changes, whose.place, wanted.isAgreed)).tag !== 'made') return 1;
  const id = printable(String(answer.headers['x-advice-id'] ?? ''));
  if (id !== '') terminal.err(say('advised.tell', { id }));
  return 0;
}
