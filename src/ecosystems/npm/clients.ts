import { escapeWord, formatCommand } from '../../core/command-line.ts';
import type { Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type Client,
  isPlainUrl,
  memberOfUrl,
  offersHttp1,
  parseOneUrl,
  pasteableHeadOf,
  type Remedy,
  variablesFor,
  walkInOrder,
} from '../client.ts';
import { nameScopeOf } from './names.ts';

/**
 * Checks the chain of one registry. Returns what was expected, or `null` if the text is valid.
 * @see docs/protocols/npm.md#client-settings
 */
export function checkRegistries(chain: string): Sentence | null {
  return parseOneUrl(chain).tag === 'ok' && baseUrl(chain.trim()) !== null ? null : phrase('expected.registryOne');
}

/**
 * The environment variables for the registry. The first is for npm, yarn 1 and pnpm up to 10. The second is for pnpm
 * from 11 on, the third for yarn from 2 on.
 */
const variables = ['npm_config_registry', 'pnpm_config_registry', 'YARN_NPM_REGISTRY_SERVER'] as const;

function clientOf(id: string, forms: readonly string[], pasted: Pasted): Client {
  return {
    id,
    describes: `The registry that ${id} uses today. Default: the mirror of the highest weight.`,
    expected: phrase('expected.npmChain'),
    parse: parseOneUrl,
    mistake: checkRegistries,
    usual: (url) => url ?? '',
    member: memberOfUrl,
    // These clients use no second registry. They retry the same registry: npm/make-fetch-happen lib/remote.js,
    // test/real/npm-client.test.ts, pnpm-yarn.test.ts.
    walk: walkInOrder,
    headed: (_chain, to) => ({ members: [to], separators: [] }),
    // The client compares each tarball with the hash in the lock file.
    verifiesBytes: () => true,
    protocols: () => offersHttp1,
    forms,
    userFiles: { npmrc: '/.npmrc' },
    variables: Object.fromEntries(variables.map((name) => [name, isPlainUrl])),
    remedy: (before, after, patterns) => registryRemedy(pasted, before, after, patterns),
  };
}

const npmrc = (url: string): string => `registry=${url}`;

/** @see https://docs.npmjs.com/cli/using-npm/config#registry, https://docs.npmjs.com/cli/using-npm/scope */
export const npmClient: Client = clientOf('npm', ['env', 'npmrc'], {
  lines: (url) => ({ npmrc: npmrc(url), npm: formatCommand`npm config set registry ${url}` }),
  command: 'npm config set registry',
  notes: () => [],
});

/** @see https://pnpm.io/npmrc#registry--authentication-settings */
export const pnpmClient: Client = clientOf('pnpm', ['env', 'npmrc'], {
  lines: (url) => ({ npmrc: npmrc(url), pnpm: formatCommand`pnpm config set registry ${url}` }),
  command: 'pnpm config set registry',
  notes: () => [phrase('note.pnpmWorkspace')],
});

/**
 * The client yarn. The lines `yarnrc.yml` and `yarn` of its remedy are for yarn 2 and later; yarn 1 reads npm's
 * settings.
 * @see https://yarnpkg.com/configuration/yarnrc#npmRegistryServer, https://classic.yarnpkg.com/docs/yarnrc
 */
export const yarnClient: Client = clientOf('yarn', ['env'], {
  lines: (url) => ({
    'yarnrc.yml': `npmRegistryServer: "${url}"`,
    yarn: formatCommand`yarn config set --home npmRegistryServer ${url}`,
  }),
  command: 'yarn config set --home npmRegistryServer',
  notes: ({ protocol, hostname }) => (protocol === 'http:' ? [phrase('note.yarnPlain', { host: hostname })] : []),
});

interface Pasted {
  lines(url: string): Readonly<Record<string, string>>;
  readonly command: string;
  notes(url: URL): readonly Sentence[];
}

/**
 * Builds the lines for a shell, for programs and for the client's files, without credentials. The lines for a shell set
 * the variables of npm, pnpm and yarn.
 */
function registryRemedy(
  { lines, command, notes }: Pasted,
  before: Chain,
  after: Chain,
  privatePatterns: readonly string[],
): Remedy {
  const [url, old] = [pasteableHeadOf(after), pasteableHeadOf(before)];
  const rollback = old === null ? phrase('back.registry') : variablesFor(variables, old).env;
  if (url === null) return { remedy: {}, rollback, notes: [phrase('note.npmByHand')] };
  const { env, json } = variablesFor(variables, url);
  return {
    remedy: { env, ...lines(url), json },
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

/**
 * Makes the note that lock files still name the old registry. The note's `value` for npm's option
 * `--replace-registry-host` is the host, or the whole URL if the URL has a path.
 */
function notesOnLocks(old: string | null): readonly Sentence[] {
  if (old === null) return [];
  const { host, pathname, href } = new URL(old);
  const value = pathname === '/' ? host : href.replace(/(?<!\/)\/+$/, '');
  return [phrase('note.npmLock', { host, value: escapeWord(value) })];
}

/**
 * Makes a note for each private scope or name. Without a registry of its own, a private package would be requested from
 * the new registry.
 */
function notesOnPrivate(patterns: readonly string[]): readonly Sentence[] {
  const scopes = [...new Set(patterns.flatMap((one) => nameScopeOf(one) ?? []))];
  const others = patterns.filter((one) => nameScopeOf(one) === null);
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
