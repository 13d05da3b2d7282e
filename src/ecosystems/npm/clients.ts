import { phrase } from '../../words/tell.ts';
import { type Client, offersHttp1 } from '../client.ts';
import { urlMember } from '../url-member.ts';
import { onlyRegistry, parseRegistry, registryMistake, walkRegistry } from './chain.ts';
import { type Pasted, registryRemedy, variables } from './remedy.ts';

function clientOf(id: string, spec: readonly string[], forms: readonly string[], pasted: Pasted): Client {
  return {
    id,
    spec,
    describes: `The registry that ${id} uses today. Default: the mirror of the highest weight.`,
    expected: phrase('expected.npmChain'),
    parse: parseRegistry,
    mistake: registryMistake,
    usual: (url) => url ?? '',
    member: urlMember,
    walk: walkRegistry,
    headed: (_chain, to) => onlyRegistry(to),
    protocols: () => offersHttp1,
    forms,
    variables,
    remedy: (before, after, patterns) => registryRemedy(pasted, before, after, patterns),
  };
}

const npmrc = (url: string): string => `registry=${url}`;

/** npm: one registry for names without a scope of their own. */
export const npmClient: Client = clientOf(
  'npm',
  ['https://docs.npmjs.com/cli/using-npm/config#registry', 'https://docs.npmjs.com/cli/using-npm/scope'],
  ['env', 'npmrc'],
  {
    lines: (url) => ({ npmrc: npmrc(url), npm: `npm config set registry ${url}` }),
    command: 'npm config set registry',
    notes: () => [],
  },
);

/** pnpm: npm's settings, and from 11 on variables of its own. */
export const pnpmClient: Client = clientOf(
  'pnpm',
  ['https://pnpm.io/npmrc#registry--authentication-settings'],
  ['env', 'npmrc'],
  {
    lines: (url) => ({ npmrc: npmrc(url), pnpm: `pnpm config set registry ${url}` }),
    command: 'pnpm config set registry',
    notes: () => [phrase('note.pnpmWorkspace')],
  },
);

/** yarn: from 2 on `.yarnrc.yml` alone; yarn 1 reads npm's settings. */
export const yarnClient: Client = clientOf(
  'yarn',
  ['https://yarnpkg.com/configuration/yarnrc#npmRegistryServer', 'https://classic.yarnpkg.com/docs/yarnrc'],
  ['env'],
  {
    lines: (url) => ({
      'yarnrc.yml': `npmRegistryServer: "${url}"`,
      yarn: `yarn config set --home npmRegistryServer ${url}`,
    }),
    command: 'yarn config set --home npmRegistryServer',
    notes: ({ protocol, hostname }) => (protocol === 'http:' ? [phrase('note.yarnPlain', { host: hostname })] : []),
  },
);
