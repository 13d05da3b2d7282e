import { listKeptBack, type Recipient } from '../config/recipients.ts';
import type { Config } from '../core/config.ts';
import { printable } from '../core/printable.ts';
import type { Say } from '../words/words.ts';
import { table } from './terminal.ts';

const shownMax = 5;

/** Formats which names are sent to which hosts, and which are kept back, as lines. */
export function formatRecipients(recipients: readonly Recipient[], config: Config, say: Say): readonly string[] {
  const rows = recipients.map(({ host, ecosystem, upstream, modules }) => [
    host,
    ecosystem === upstream ? ecosystem : `${ecosystem} (${upstream})`,
    String(modules.length),
    firstOf(modules, say),
  ]);
  const head = [say('check.host'), say('sent.kind'), say('sent.count'), say('sent.names')];
  const kept = Object.entries(listKeptBack(config)).map(([id, patterns]) =>
    say('sent.kept', { id, names: firstOf(patterns, say) }),
  );
  return [...table(head, rows, new Set([2])), ...kept].map((line) => printable(line));
}

/** Lists the first names, and says how many more there are. */
export function firstOf(names: readonly string[], say: Say): string {
  const list = names.slice(0, shownMax).join(', ');
  return names.length > shownMax ? say('list.more', { list, more: names.length - shownMax }) : list;
}
