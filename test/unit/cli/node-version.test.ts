import { readFileSync } from 'node:fs';
import semver from 'semver';
import { expect, test } from 'vitest';
import { checkNode } from '../../../src/cli/node-version.ts';

const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly engines: { readonly node: string } };

test('a Node that cannot run this program is refused in one sentence, and each that `engines` names is not', () => {
  const versions = ['18.20.8', '20.20.2', '22.13.1', '22.18.0', '22.19.0', '22.22.2', '24.15.0', '24.21.0', '26.0.0'];
  const refused = versions.filter((version) => checkNode(version) !== null);
  expect(refused).toEqual(['18.20.8', '20.20.2', '22.13.1', '22.18.0']);
  expect(checkNode('20.20.2')).toBe(
    'mirrorwatch needs Node 22.22.2 or later, 24.15 or later, or 26; this is Node 20.20.2.',
  );
  expect(refused.filter((version) => semver.satisfies(version, engines.node))).toEqual([]);
});

test('`engines` is no wider than what each dependency needs', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: true; readonly engines?: { readonly node?: string } }>>;
  };
  const wider = Object.entries(lock.packages).filter(
    ([name, { dev, engines: own }]) =>
      name !== '' && dev !== true && own?.node !== undefined && !semver.subset(engines.node, own.node),
  );
  expect(wider.map(([name]) => name)).toEqual([]);
});
