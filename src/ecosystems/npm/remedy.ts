import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import type { Chain, Remedy } from '../client.ts';
import { scopeOf } from './patterns.ts';

/** Characters that a pasted URL may hold: none that a shell, a quote, `.npmrc` or YAML gives a meaning. */
const pasteable = /^https?:\/\/[A-Za-z0-9._~%:/[\]+=@-]+$/;

/** What one client's users paste beside the variables, and what has to be said beside it. */
export interface Pasted {
  /** By form, the URL put in. */
  lines(url: string): Readonly<Record<string, string>>;
  /** The command that sets the registry in the user's own settings. */
  readonly command: string;
  notes(url: URL): readonly Sentence[];
}

/** The variables that npm, pnpm up to 10, pnpm from 11 on, and yarn from 2 on read; yarn 1 reads npm's. */
export const variables = ['npm_config_registry', 'pnpm_config_registry', 'YARN_NPM_REGISTRY_SERVER'] as const;

function exported(url: string): string {
  return variables.map((name) => `export ${name}='${url}'`).join('\n');
}

/**
 * The lines to paste: `env` for a shell (the same for all clients of npm registries, for a shell is used by any of them),
 * `json` for programs, and the client's own. A URL that could mean something to a shell gives no lines, but a note;
 * credentials are never printed.
 */
export function registryRemedy(
  { lines, command, notes }: Pasted,
  before: Chain,
  after: Chain,
  privatePatterns: readonly string[],
): Remedy {
  const [url, old] = [urlOf(after), urlOf(before)];
  const rollback = old === null ? phrase('back.registry') : `${exported(old)}`;
  if (url === null) return { remedy: {}, rollback, notes: [phrase('note.npmByHand')] };
  return {
    remedy: {
      env: exported(url),
      ...lines(url),
      json: JSON.stringify(Object.fromEntries(variables.map((name) => [name, url]))),
    },
    rollback,
    notes: [
      phrase('note.npmWins', { command }),
      ...notes(new URL(url)),
      ...notesOnLocks(old),
      ...notesOnPrivate(privatePatterns),
      ...notesOnCredentials(before, after),
    ],
  };
}

function urlOf({ members: [member] }: Chain): string | null {
  if (member?.kind !== 'url') return null;
  const url = `${member.plain.replace(/\/+$/, '')}/`;
  return pasteable.test(url) && URL.canParse(url) ? url : null;
}

/** By host, and where the mirror left lies below a path by its whole URL, which newer npm take. */
function notesOnLocks(old: string | null): readonly Sentence[] {
  if (old === null) return [];
  const { host, pathname, href } = new URL(old);
  const value = pathname === '/' ? host : href.replace(/\/+$/, '');
  return [phrase('note.npmLock', { host, value })];
}

/** Names that no scope's registry keeps at home are asked of the one registry: a public one would be told them. */
function notesOnPrivate(patterns: readonly string[]): readonly Sentence[] {
  const scopes = [...new Set(patterns.flatMap((one) => scopeOf(one) ?? []))];
  const others = patterns.filter((one) => scopeOf(one) === null);
  return [
    ...scopes.map((scope) => phrase('note.npmScope', { scope, setting: `${scope}:registry=` })),
    ...others.map((one) => phrase('note.npmName', { name: one })),
  ];
}

function notesOnCredentials(before: Chain, after: Chain): readonly Sentence[] {
  const notes: Sentence[] = [];
  if (after.members.some(({ hasCredentials }) => hasCredentials)) notes.push(phrase('note.npmCredentials'));
  if (before.members.some(({ hasCredentials }) => hasCredentials)) notes.push(phrase('note.npmBack'));
  return notes;
}
