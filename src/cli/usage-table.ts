import { kinds } from '../config/kinds.ts';
import { clientIdsOf } from '../daemon/client-now.ts';
import type { Command } from '../terminal/context.ts';
import { english, languages } from '../words/words.ts';

export type Takes = readonly string[] | 'file' | 'folder' | 'anything';

export interface OptionRow {
  readonly name: string;
  /** The placeholder of the option's value in the usage text (`FILE`); `null`: the option has no value. */
  readonly value: string | null;
  readonly takes: Takes;
}

export interface UsageRow {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionRow[];
  /** What the shell suggests for the command's first argument. */
  readonly first: readonly string[];
}

const ofAll: readonly OptionRow[] = [{ name: 'lang', value: 'en|zh', takes: Object.keys(languages) }];

export function listUsage(commands: readonly Command[]): readonly UsageRow[] {
  return commands.map(({ name, usage, options }) => {
    const valued = new Map(
      Object.keys(options).map((option) => [
        option,
        options[option]?.type === 'string' ? valueIn(usage, option) : null,
      ]),
    );
    return {
      name,
      summary: english(`help.${name}.summary`),
      options: [...valued]
        .map(([option, value]) => ({ name: option, value, takes: takes(option, value) }))
        .concat(ofAll),
      first: firstWords(usage, valued),
    };
  });
}

/**
 * Returns the placeholder of an option's value: `FILE` for `[--config FILE]`.
 * @throws Error if the usage text has none
 */
function valueIn(usage: string, option: string): string {
  const words = usage.split(/[\s[\]]+/);
  const found = words[words.indexOf(`--${option}`) + 1];
  if (!words.includes(`--${option}`) || found === undefined) throw new Error(`the usage of --${option} names no value`);
  return found;
}

function takes(option: string, value: string | null): Takes {
  const ids = kinds.map(({ id }) => id);
  const words = (value ?? '').split('|').filter((word) => /^[a-z]+$/.test(word));
  if (option === 'ecosystem') return [...ids, ...words];
  if (option === 'client') return [...new Set(ids.flatMap(clientIdsOf))];
  if (option === 'step') return [...new Set(kinds.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  if (words.length > 1) return words;
  return value === 'FILE' ? 'file' : value === 'DIR' ? 'folder' : 'anything';
}

function firstWords(usage: string, valued: ReadonlyMap<string, string | null>): readonly string[] {
  const found = new Set<string>();
  for (const line of usage.split('\n')) {
    const words = line
      .replaceAll(/[[\]…]/g, '')
      .trim()
      .split(/\s+/)
      .filter((_, at, all) => (valued.get(/^--(.+)/.exec(all[at - 1] ?? '')?.[1] ?? '') ?? null) === null)
      .flatMap((word) => word.split('|'))
      .slice(2);
    for (const word of words) if (/^[a-z]+$/.test(word)) found.add(word);
    if (words.includes('ECOSYSTEM') || line.includes('--ecosystem] WORD')) for (const { id } of kinds) found.add(id);
  }
  return [...found];
}
