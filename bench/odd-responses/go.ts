import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../test/support/answer.ts';
import { sealedGoEnv } from '../../test/support/go-env.ts';
import { commandPath, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { run } from '../../test/support/process.ts';
import { moduleAnswers } from '../../test/support/synthetic-modules.ts';
import { type Common, commonRows, ownRows } from './common.ts';
import { drawn } from './drawn.ts';
import { type Kind, printedVersion, type Requested, type Row } from './kind.ts';
import { later } from './later.ts';
import { wire } from './wire.ts';

const [tagged, untagged] = ['example.com/odd', 'example.com/untagged'];
const [release, commit] = ['v1.1.0', 'v0.0.0-20240701000000-0123456789ab'];

const version = (path: string, name: string) => ({
  version: name,
  time: '2024-05-01T10:00:00Z',
  goMod: `module ${path}\n\ngo 1.21\n`,
  files: { LICENSE: 'MIT\n', 'odd.go': 'package odd\n' },
});
const responses = moduleAnswers([
  { path: tagged, versions: [version(tagged, 'v1.0.0'), version(tagged, release)] },
  { path: untagged, versions: [version(untagged, commit)] },
]);

const json: readonly Common[] = [
  'status 203',
  'no Content-Type',
  'Content-Type text/html',
  'byte order mark',
  'one byte behind',
  'an empty line behind',
  'no byte',
  'a page of HTML',
  'gzip, announced',
  'gzip, not announced',
];

const infos = {
  'Time without zone': { set: { '/Time': '2024-05-01T10:00:00' } },
  'Time with a blank': { set: { '/Time': '2024-05-01 10:00:00Z' } },
  'Time as a number': { set: { '/Time': 1_714_557_600 } },
  'Time null': { set: { '/Time': null } },
  'no Time': { set: { '/Time': undefined } },
  'an unknown member': { set: { '/Origin': { VCS: 'git' } } },
  'no Version': { set: { '/Version': undefined } },
  'a short Version': { set: { '/Version': 'v1' } },
  'a list': { body: '[]' },
};

const rows: readonly Row[] = [
  ...commonRows('list', [
    'nothing odd',
    'status 204, no body',
    'status 206 without a range',
    'status 403',
    'status 404',
    'status 410',
    'in chunks',
    ...json,
  ]),
  ...ownRows('list', {
    'lines that are no version': { body: 'master\nv1.0.0\n1.0.1\nv1.1.0\nlatest\n' },
    'only lines that are no version': { body: 'master\n1.0.1\n' },
    'short versions': { body: 'v1\nv1.0\nv1.0.0\nv1.1.0\n' },
    'a version with build metadata': { body: 'v1.0.0\nv1.2.0+build.1\nv1.1.0\n' },
    'times behind the versions': { body: 'v1.0.0 2024-05-01T10:00:00Z\nv1.1.0 2024-05-01T10:00:00Z\n' },
    'CRLF line ends': { body: 'v1.0.0\r\nv1.1.0\r\n' },
    'no final line end': { body: 'v1.0.0\nv1.1.0' },
    'blanks around the versions': { body: '  v1.0.0  \n\tv1.1.0\t\n' },
    'a line that is not UTF-8': { before: '\xff\xfe\n' },
    'a JSON list': { body: '["v1.0.0","v1.1.0"]' },
    'one line of HTML': { body: 'v1.0.0\nv1.1.0\n<br>\n' },
  }),
  ...commonRows('latest', json),
  ...ownRows('latest', infos),
  ...commonRows('info', ['nothing odd', 'status 204, no body', 'status 206 without a range', ...json]),
  ...ownRows('info', { ...infos, 'another Version': { set: { '/Version': 'v1.0.0' } } }),
  ...commonRows('mod', ['status 204, no body', 'status 206 without a range', ...json]),
  ...ownRows('mod', {
    'CRLF line ends': { body: `module ${tagged}\r\n\r\ngo 1.21\r\n` },
    'another module': { body: 'module example.com/else\n' },
    'no module line': { body: 'go 1.21\n' },
    'a comment before': { before: '// odd\n' },
    'a quoted path': { body: `module "${tagged}"\n` },
    'a block of one': { body: `module (\n\t${tagged}\n)\n` },
    'an unknown directive': { after: 'odd example.com/else\n' },
    'a NUL byte behind': { after: '\0' },
  }),
  ...commonRows('zip', [
    'status 203',
    'status 206 without a range',
    'no Content-Type',
    'Content-Type text/html',
    'byte order mark',
    'one byte before',
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
  ...ownRows('zip', { '70 000 bytes behind': { after: 'x'.repeat(70_000) } }),
  ...drawn.go,
  ...later.go,
  ...wire.go,
];

const steps: Readonly<Record<string, readonly [module: string, version: string, steps: readonly string[]]>> = {
  list: [tagged, 'latest', ['list', 'mod', 'zip']],
  latest: [untagged, 'latest', ['latest', 'mod', 'zip']],
  info: [tagged, release, ['info', 'mod', 'zip']],
  mod: [tagged, release, ['info', 'mod', 'zip']],
  zip: [tagged, release, ['info', 'mod', 'zip']],
};

function wantedBy({ at }: Row): readonly [module: string, version: string, steps: readonly string[]] {
  const wanted = steps[at];
  if (wanted === undefined) throw new Error(at);
  return wanted;
}

const timeoutMs = 60_000;

export const go: Kind = {
  word: 'go',
  rows,
  right: ({ path }) => responses.get(path) ?? text(404, 'not found\n'),
  isAt: (place, { path }) =>
    path.endsWith(place === 'latest' ? '/@latest' : place === 'list' ? '/@v/list' : `.${place}`),
  words: () => ({}),
  urlOf: (base) => base,
  mirror: 'ecosystem: go',
  yaml: `modules: { go: [ ${tagged}@${release}, ${tagged}@latest, ${untagged}@latest ] }\ngo: { sumdb: off }`,
  probes(row): readonly Requested[] {
    const [module, named, all] = wantedBy(row);
    const mirrors = (step: string): string | null => (step === 'list' || step === 'latest' ? null : named);
    return all.map((step) => ({ step, module, version: mirrors(step) }));
  },
  clients: {
    go: {
      needs: ['go'],
      version: () => printedVersion(() => run(commandPath('go'), ['version'])),
      async fetch(url, row) {
        const [module, named] = wantedBy(row);
        const home = tempDir('odd-go');
        try {
          writeFileSync(join(home, 'go.mod'), 'module example.com/client\n\ngo 1.21\n');
          const env = sealedGoEnv({ goproxy: url, gopath: join(home, 'gopath') });
          const { code, stderr } = await run(commandPath('go'), ['get', `${module}@${named}`], {
            cwd: home,
            env,
            timeoutMs,
          });
          return { code, said: stderr };
        } finally {
          removeTempDir(home);
        }
      },
    },
  },
};
