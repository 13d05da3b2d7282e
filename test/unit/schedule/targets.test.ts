import { describe, expect, it } from 'vitest';
import type { ModuleRef } from '../../../src/core/mirror.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { phrase } from '../../../src/words/tell.ts';
import { config, mirror } from './sample-config.ts';

const goModule = (module: string, version: string, upstream = 'go'): ModuleRef => ({
  ecosystem: 'go',
  upstream,
  module,
  version,
});
const sumdb = { name: 'sum.example.com', verifierKey: 'sum.example.com+00+AA', url: null };
const shown = (targets: ReturnType<typeof expandTargets>) =>
  targets.map(({ id, canary }) => (canary ? `${id} canary` : id)).sort();

describe('expandTargets', () => {
  it('gives versioned steps per version, list and latest per module, sumdb per mirror', () => {
    const targets = expandTargets(
      config({
        settings: { go: { sumdb } },
        modules: [goModule('example.com/m', 'v1.0.0'), goModule('example.com/m', 'latest')],
      }),
    );
    expect(shown(targets)).toEqual(
      [
        'a||' + '|sumdb',
        'a|example.com/m|latest|info',
        'a|example.com/m|latest|mod',
        'a|example.com/m|latest|zip',
        'a|example.com/m|v1.0.0|info',
        'a|example.com/m|v1.0.0|mod canary',
        'a|example.com/m|v1.0.0|zip',
        'a|example.com/m||latest',
        'a|example.com/m||list',
      ].sort(),
    );
  });

  it('fills every field of a target', () => {
    const [target] = expandTargets(config()).filter(({ canary }) => canary);
    expect(target).toEqual({
      id: 'a|example.com/m|v1.0.0|mod',
      ecosystem: 'go',
      upstream: 'go',
      registry: 'a',
      module: 'example.com/m',
      version: 'v1.0.0',
      step: 'mod',
      weight: 'light',
      verifies: phrase('answer.goVerifies'),
      canary: true,
    });
  });

  const canaries: readonly (readonly [name: string, modules: readonly ModuleRef[], want: string | undefined])[] = [
    [
      'the first module with a fixed version',
      [goModule('m/a', 'latest'), goModule('m/b', 'v1.0.0')],
      'a|m/b|v1.0.0|mod',
    ],
    [
      'else the resolved latest of the first',
      [goModule('m/a', 'latest'), goModule('m/b', 'latest')],
      'a|m/a|latest|mod',
    ],
    [
      'no module that only a lock file names, if there is another one',
      [{ ...goModule('m/a', 'v1.0.0'), isOfLock: true }, goModule('m/b', 'v1.0.0')],
      'a|m/b|v1.0.0|mod',
    ],
    [
      'a module of a lock file, if there is no other one',
      [{ ...goModule('m/a', 'v1.0.0'), isOfLock: true }],
      'a|m/a|v1.0.0|mod',
    ],
    ['without modules the first light step', [], 'a|||sumdb'],
  ];
  it.each(canaries)('canary: %s', (_name, modules, want) => {
    const targets = expandTargets(config({ settings: { go: { sumdb } }, modules }));
    expect(targets.filter(({ canary }) => canary).map(({ id }) => id)).toEqual([want]);
  });

  it('gives a mirror without anything to ask no targets', () =>
    expect(expandTargets(config({ modules: [] }))).toEqual([]));

  it('asks private names only of mirrors of an upstream that is not public', () => {
    const mirrors = [mirror('a'), mirror('corp', { upstream: 'corp' })];
    const modules = [
      goModule('example.com/m', 'v1.0.0'),
      goModule('git.example.com/secret', 'v1.0.0'),
      goModule('git.example.com/secret', 'v1.0.0', 'corp'),
    ];
    const targets = expandTargets(config({ mirrors, modules, private: { go: ['git.example.com/*'] } }));
    const asked = targets.map(({ registry, module }) => `${registry} ${module}`);
    expect([...new Set(asked)]).toEqual(['a example.com/m', 'corp git.example.com/secret']);
  });

  it('asks sumdb of no mirror of a private upstream', () => {
    const mirrors = [mirror('corp', { upstream: 'corp' })];
    const modules = [goModule('example.com/m', 'v1.0.0', 'corp')];
    const targets = expandTargets(config({ mirrors, modules, settings: { go: { sumdb } } }));
    expect(targets.filter(({ step }) => step === 'sumdb')).toEqual([]);
  });

  it('gives each module only to mirrors of its own ecosystem', () => {
    const mirrors = [mirror('a'), mirror('n', { ecosystem: 'npm', upstream: 'npm' })];
    const modules: ModuleRef[] = [
      goModule('example.com/m', 'v1.0.0'),
      { ecosystem: 'npm', upstream: 'npm', module: 'lodash', version: '1.0.0' },
    ];
    const targets = expandTargets(config({ mirrors, modules, settings: { go: { sumdb: null }, npm: { keys: [] } } }));
    const ofNpm = shown(targets.filter(({ registry }) => registry === 'n'));
    expect(ofNpm).not.toEqual([]);
    expect(ofNpm.filter((id) => !id.includes('lodash'))).toEqual([]);
    expect(shown(targets.filter(({ registry }) => registry === 'a')).every((id) => id.includes('example.com/m'))).toBe(
      true,
    );
  });
});
