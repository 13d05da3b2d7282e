import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { diskFiles } from './support.ts';

const load = (more: string) =>
  loadConfig({
    text: `mirrors:
  - { name: a, ecosystem: npm, url: 'https://a.example.com' }
  - { name: b, ecosystem: pypi, url: 'https://b.example.com/simple' }
modules:
  npm: [left-pad@1.3.0]
  pypi: [six==1.16.0]
${more}`,
    path: null,
    env: {},
    files: diskFiles,
    expand: expandTargets,
  });

it.each([
  ['none', '', undefined],
  ['one that is skipped', 'npm: { protections: [pnpm-release-age] }', { npm: ['time'] }],
  [
    'two that need the same',
    'npm: { protections: [pnpm-release-age, yarn-release-age, pnpm-trust] }',
    { npm: ['time', 'attestations'] },
  ],
  [
    'of two ecosystems',
    'npm: { protections: [npm-release-age] }\npypi: { protections: [uv-release-age] }',
    { npm: ['time'], pypi: ['upload_time'] },
  ],
  [
    'one that may be skipped',
    'npm: { protections: [pnpm-release-age] }\nadvise: { allow: [pnpm-release-age] }',
    undefined,
  ],
  [
    'one of two may be skipped, with the other one every install fails',
    'npm: { protections: [pnpm-release-age, yarn-release-age] }\nadvise: { allow: [pnpm-release-age] }',
    { npm: ['time'] },
  ],
])('what mirrors must not lack: %s', (_name, more, needs) => {
  const loaded = load(more);
  expect(loaded.tag === 'ok' ? loaded.value.config.advise.needs : loaded.error).toEqual(needs);
});

it.each([
  ['npm: { protections: [pnpm-agee] }', 'npm.protections[0]'],
  ['pypi: { protections: [pnpm-release-age] }', 'pypi.protections[0]'],
  // With it, every install fails, so it cannot be skipped.
  ['npm: { protections: [yarn-release-age] }\nadvise: { allow: [yarn-release-age] }', 'advise.allow[0]'],
])('%s is a mistake', (more, says) => {
  const loaded = load(more);
  expect(JSON.stringify(loaded.tag === 'error' ? loaded.error : '')).toContain(says);
});
