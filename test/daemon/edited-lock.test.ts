import { describe, expect, test } from 'vitest';
import { h1OfMod } from '../../src/ecosystems/go/h1.ts';
import { goSumLines, syntheticModules } from '../support/synthetic-modules.ts';
import { type Behaviour, refuses } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { told } from './told.ts';
import { startWorld } from './world.ts';

const mirrors = `
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }
  - { name: origin, ecosystem: go, url: "https://origin.example.com", role: origin }
  - { name: c, ecosystem: go, url: "https://c.example.org", weight: 1 }`;

test('a lock file with the hash of a lone mirror: the file is accused, and no good mirror is left', async () => {
  const [hello] = syntheticModules;
  const [v1] = hello?.versions ?? [];
  if (hello === undefined || v1 === undefined) throw new Error('the first synthetic module has a version');
  const right = goSumLines(hello, v1);
  const evil = 'module example.com/hello\n\ngo 1.21\n\nrequire evil.example.com v1.0.0\n';
  const edited = right.replace(/(\/go\.mod) h1:\S+/, `$1 ${h1OfMod(Buffer.from(evil))}`);
  const world = await startWorld({
    yaml: threeMirrors({ mirrors, modules: '{ from: /app/go.sum, top: 1 }' }),
    files: { '/app/go.sum': edited },
    script: (asked) =>
      asked.registry === 'c' && asked.path.endsWith('.mod') ? { status: 200, body: evil } : well(asked),
  });
  await world.seconds(200);
  const story = told(world);
  expect(story).toContain('finding opened self us');
  expect(story.filter((line) => /advice/.test(line))).toEqual([]);
  const { findings } = (await world.get('/api/v1/findings')).json<{
    findings: { cause: string; text: string; registry: string | null }[];
  }>();
  expect(findings.find(({ cause }) => cause === 'lock')?.text).toContain('/app/go.sum:2 states a wrong hash');
  expect(findings.map(({ registry, cause }) => `${registry} ${cause}`).toSorted()).toEqual(['c origin', 'null lock']);
  const seen = (await world.get('/api/v1/mirrors')).json<{ mirrors: Record<string, unknown>[] }>();
  expect(seen.mirrors.map(({ registry, gate, wrongModules }) => [registry, gate, wrongModules])).toEqual([
    ['a', 'current', []],
    ['b', 'ok', []],
    ['origin', 'origin', []],
    ['c', 'mismatch', ['example.com/hello']],
  ]);
  await world.stop();
});

test('a lock file with the hash of a lone mirror, without an origin: no good mirror is accused, not even at the start', async () => {
  const [hello] = syntheticModules;
  const [v1] = hello?.versions ?? [];
  if (hello === undefined || v1 === undefined) throw new Error('the first synthetic module has a version');
  const evil = 'module example.com/hello\n\ngo 1.21\n\nrequire evil.example.com v1.0.0\n';
  const more = '\n  - { name: d, ecosystem: go, url: "https://d.example.org", weight: 2 }';
  const world = await startWorld({
    yaml: threeMirrors({
      mirrors: mirrors.replace(', role: origin', '') + more,
      modules: '{ from: /app/go.sum, top: 1 }',
    }),
    files: { '/app/go.sum': goSumLines(hello, v1).replace(/(\/go\.mod) h1:\S+/, `$1 ${h1OfMod(Buffer.from(evil))}`) },
    script: (asked) =>
      asked.registry === 'c' && asked.path.endsWith('.mod') ? { status: 200, body: evil } : well(asked),
  });
  await world.seconds(200);
  expect(told(world).filter((line) => line.startsWith('finding'))).toEqual([
    'finding opened mismatch c',
    'finding opened self us',
  ]);
  await world.stop();
});

const lock = '{ from: /app/go.sum, top: 5 }';

describe.each<[string, Behaviour]>([
  ['is absent', { status: 404, body: 'not found' }],
  ['hangs', 'hangs'],
  ['fails', { status: 500, body: 'bad VCS response' }],
  ['is denied', { status: 403, body: 'denied' }],
  ['is a page', { status: 200, body: '<!doctype html><html></html>' }],
])('a lock file with an added module that a lone mirror serves, and that elsewhere %s', (_, elsewhere) => {
  test.each([
    ['no good mirror is left', lock],
    [
      'no good mirror is left, and a failure of one is found, beside a module of the configuration',
      `${lock}, "example.com/hello@v1.0.0"`,
    ],
  ])('%s', async (_title, modules) => {
    const [hello, added] = syntheticModules;
    if (hello?.versions[0] === undefined || added?.versions[0] === undefined) throw new Error('two synthetic modules');
    const world = await startWorld({
      yaml: threeMirrors({ mirrors, modules }),
      files: { '/app/go.sum': goSumLines(added, added.versions[0]) + goSumLines(hello, hello.versions[0]) },
      script: (asked) => {
        if (asked.registry === 'a' && asked.atMs >= 120_000) return refuses;
        const isElsewhere = asked.registry !== 'c' && asked.path.startsWith(`/${added.path}/`);
        return isElsewhere ? elsewhere : well(asked);
      },
    });
    await world.seconds(120);
    expect(told(world).filter((line) => /advice|refusal|outage/.test(line))).toEqual([]);
    await world.seconds(60);
    const advice = told(world).filter((line) => line.startsWith('advice'));
    expect(advice.filter((line) => line.endsWith('c'))).toEqual([]);
    if (modules !== lock) expect(advice).toEqual(['advice proposed a → b']);
    await world.stop();
  });
});
