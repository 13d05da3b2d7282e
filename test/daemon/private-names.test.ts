import { afterEach, describe, expect, test } from 'vitest';
import { expandTargets } from '../../src/schedule/targets.ts';
import { table } from '../support/table.ts';
import { type Asked, refuses, type Script } from './scripted-wire.ts';
import { readConfig, startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

/** A private thing of one ecosystem: what keeps it at home there, and the word in its paths that only its own mirror may hear. */
interface Kept {
  readonly ecosystem: string;
  /** Of `mirrors`: the one for all, and one's own. */
  readonly open: string;
  readonly own: string;
  readonly modules: readonly string[];
  readonly patterns: string;
}

const kept: readonly Kept[] = [
  ...table<readonly Kept[]>('daemon/private-names', 'kept'),
  {
    ecosystem: 'oci',
    open: ', upstream: docker.io',
    own: ', upstream: "registry.example.org:5000"',
    modules: [
      'alpine:3.20',
      'registry.example.org:5000/team/secret:1',
      `registry.example.org:5000/secret@sha256:${'a'.repeat(64)}`,
    ],
    patterns: '',
  },
  {
    ecosystem: 'http',
    open: ', upstream: debian',
    own: ', upstream: tools',
    modules: ['{ upstream: debian, path: hello.txt }', '{ upstream: tools, path: team/secret.bin }'],
    patterns: '',
  },
];

function yamlOf({ ecosystem, open, own, modules, patterns }: Kept): string {
  const entries = modules.map((entry) => (entry.startsWith('{') ? entry : JSON.stringify(entry)));
  return `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 60s, timeout: 4s, perHost: 4 }
steps: { sumdb: 5m, zip: 5m, tarball: 5m, packument: 5m, file: 5m, blob: 5m, whole: 5m }
mirrors:
  - { name: open-a, ecosystem: ${ecosystem}, url: "https://a.example.com/base"${open}, weight: 100 }
  - { name: open-b, ecosystem: ${ecosystem}, url: "https://b.example.net/base"${open}, weight: 90 }
  - { name: own, ecosystem: ${ecosystem}, url: "https://own.example.org/base"${own} }
controls: [ "tcp://192.0.2.53:53" ]
modules: { ${ecosystem}: [ ${entries.join(', ')} ] }
${patterns}
state: { path: /nowhere/state.db }
`;
}

const isSecret = ({ path }: Pick<Asked, 'path'>): boolean => /secret/i.test(decodeURIComponent(path));

/** Twice as long as the rarest of the steps is apart, so that each is asked for under each script. */
const stretchSeconds = 10 * 60;

/** Whatever is asked, by plan, in rounds and at a second look: nothing is there, nobody answers, or all is well with it. */
const scripts: readonly (readonly [name: string, script: Script])[] = [
  ['what is not there', () => ({ status: 404, body: 'not found' })],
  ['a fault of every mirror', () => ({ status: 503, body: 'later' })],
  [
    'a fault of the own mirror alone',
    ({ registry }) => (registry === 'own' ? { status: 500, body: '' } : { status: 200, body: '{}' }),
  ],
];

describe.each(kept.map((one) => [one.ecosystem, one] as const))('%s', (_, one) => {
  test('private names are targets of their own mirror alone, in every step', () => {
    const read = readConfig(yamlOf(one));
    if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
    const targets = expandTargets(read.value);
    const secret = targets.filter(({ module }) => /secret/i.test(module ?? ''));
    expect(new Set(secret.map(({ registry }) => registry))).toEqual(new Set(['own']));
    const others = new Set(targets.filter((target) => !secret.includes(target)).map(({ registry }) => registry));
    expect(others).toContain('open-a');
  });

  test('no other mirror hears of them, whatever is wrong', async () => {
    const world = await startWorld({ yaml: yamlOf(one), script: () => refuses });
    for (const [name, script] of scripts) {
      const before = world.wire.asked.length;
      world.wire.script = script;
      await world.seconds(stretchSeconds);
      const asked = world.wire.asked.slice(before);
      const secret = asked.filter(isSecret);
      expect([name, secret.filter(({ registry }) => registry !== 'own')]).toEqual([name, []]);
      expect([name, secret.some(({ registry }) => registry === 'own')]).toEqual([name, true]);
      expect([name, new Set(asked.map(({ registry }) => registry))]).toEqual([
        name,
        new Set(['open-a', 'open-b', 'own']),
      ]);
    }
  });
});
