import { npmInstall } from '../../test/support/npm-client.ts';
import { npmAnswerOf, packPackage } from '../../test/support/npm-registry.ts';
import { commandPath } from '../../test/support/paths.ts';
import { type PnpmOrYarn, pnpmOrYarn } from '../../test/support/pnpm-yarn.ts';
import { run } from '../../test/support/process.ts';
import { commonRows, ownRows } from './common.ts';
import { drawn } from './drawn.ts';
import { type Kind, printedVersion, type RealClient, type Row } from './kind.ts';
import { later } from './later.ts';
import { wire } from './wire.ts';

const odd = packPackage({ name: 'odd', version: '1.0.0' });
const dist = '/versions/1.0.0/dist';

const rows: readonly Row[] = [
  ...commonRows('packument', [
    'nothing odd',
    'status 203',
    'status 204, no body',
    'status 206 without a range',
    'status 401',
    'status 403',
    'status 404',
    'status 410',
    'status 500',
    'no Content-Type',
    'Content-Type text/plain',
    'Content-Type text/html',
    'Content-Type application/octet-stream',
    'byte order mark',
    'one byte behind',
    'an empty line behind',
    'the last byte missing',
    'no byte',
    'a page of HTML',
    'gzip, announced',
    'gzip, not announced',
    'gzip announced, but not used',
    'in chunks',
  ]),
  ...ownRows('packument', {
    'no name': { set: { '/name': undefined } },
    'another name': { set: { '/name': 'else' } },
    'the name in capitals': { set: { '/name': 'ODD' } },
    'no dist-tags': { set: { '/dist-tags': undefined } },
    'empty dist-tags': { set: { '/dist-tags': {} } },
    'dist-tags null': { set: { '/dist-tags': null } },
    'a tag without a version': { set: { '/dist-tags/next': '2.0.0' } },
    'versions null': { set: { '/versions': null } },
    'no versions': { set: { '/versions': undefined } },
    'versions as a list': { set: { '/versions': [] } },
    'no dist': { set: { [dist]: undefined } },
    'no tarball': { set: { [`${dist}/tarball`]: undefined } },
    'a relative tarball': { set: { [`${dist}/tarball`]: '/odd/-/odd-1.0.0.tgz' } },
    'a tarball with a query': { set: { [`${dist}/tarball`]: '{base}/odd/-/odd-1.0.0.tgz?token=1' } },
    'a tarball with a fragment': { set: { [`${dist}/tarball`]: '{base}/odd/-/odd-1.0.0.tgz#1' } },
    'no integrity': { set: { [`${dist}/integrity`]: undefined } },
    'integrity null': { set: { [`${dist}/integrity`]: null } },
    'no shasum': { set: { [`${dist}/shasum`]: undefined } },
    'no hash': { set: { [`${dist}/integrity`]: undefined, [`${dist}/shasum`]: undefined } },
    'a wrong md5 as integrity': { set: { [`${dist}/integrity`]: 'md5-AAAA' } },
    'a wrong integrity': { set: { [`${dist}/integrity`]: `sha512-${'A'.repeat(86)}==` } },
    'a wrong shasum beside integrity': { set: { [`${dist}/shasum`]: '0'.repeat(40) } },
    'a wrong shasum alone': { set: { [`${dist}/integrity`]: undefined, [`${dist}/shasum`]: '0'.repeat(40) } },
    'the shasum in capitals': {
      set: { [`${dist}/integrity`]: undefined, [`${dist}/shasum`]: odd.shasum.toUpperCase() },
    },
    'no version in the manifest': { set: { '/versions/1.0.0/version': undefined } },
    'no name in the manifest': { set: { '/versions/1.0.0/name': undefined } },
    'modified without zone': { set: { '/modified': '2024-05-01 10:00:00' } },
    'a member twice': { replace: ['{"name":"odd"', '{"name":"else","name":"odd"'] },
    'a comment in the JSON': { before: '// odd\n' },
  }),
  ...commonRows('tarball', [
    'status 203',
    'status 204, no body',
    'status 206 without a range',
    'status 404',
    'no Content-Type',
    'Content-Type text/html',
    'byte order mark',
    'one byte behind',
    'the last byte missing',
    'a page of HTML',
    'gzip, announced',
    'gzip announced, but not used',
    'in chunks',
  ]),
  ...drawn.npm,
  ...later.npm,
  ...wire.npm,
];

/** yarn 4 waits for ever for a file without bytes. A busy machine needs a minute for an installation. */
const timeoutMs = 240_000;

function pnpmLike(client: PnpmOrYarn): RealClient {
  return {
    needs: [client, 'npm'],
    version: () => printedVersion(() => run(commandPath(client), ['--version'], { cwd: '/' })),
    async fetch(registry) {
      const { code, version, stdout, stderr } = await pnpmOrYarn(client, 'odd', { registry, timeoutMs });
      return { code: code === 0 && version !== '1.0.0' ? 1 : code, said: stderr + stdout };
    },
  };
}

export const npm: Kind = {
  word: 'npm',
  rows,
  right: (request, base) => npmAnswerOf(request, { packages: [odd] }, base),
  isAt: (place, { path }) => (place === 'packument' ? path === '/odd' : path.endsWith('.tgz')),
  words: (base) => ({ base }),
  urlOf: (base) => base,
  mirror: 'ecosystem: npm',
  yaml: 'modules: { npm: [ "odd@latest" ] }',
  probes: () => ['metadata', 'tarball'].map((step) => ({ step, module: 'odd', version: 'latest' })),
  clients: {
    npm: {
      needs: ['npm'],
      version: () => printedVersion(() => run(commandPath('npm'), ['--version'])),
      async fetch(registry) {
        const { code, version, stderr } = await npmInstall('odd', { registry, timeoutMs });
        return { code: code === 0 && version !== '1.0.0' ? 1 : code, said: stderr };
      },
    },
    pnpm: pnpmLike('pnpm'),
    'pnpm 10': pnpmLike('pnpm10'),
    yarn: pnpmLike('yarn'),
    'yarn 1': pnpmLike('yarn1'),
  },
};
