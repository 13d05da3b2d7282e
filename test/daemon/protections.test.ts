import { expect, test } from 'vitest';
import { hollowPackage } from '../support/npm-registry.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { told } from './told.ts';
import { startWorld } from './world.ts';

const hello = hollowPackage('hello', '1.0.0');
const tookMs: Readonly<Record<string, number>> = { a: 60, b: 40, c: 90, origin: 120 };

/** A registry of one package. Only `b`, the fastest, drops the times of versions. */
const registries: Script = ({ registry, path, atMs }) => {
  if (registry === 'a' && atMs >= 120_000) return refuses;
  const afterMs = tookMs[registry] ?? 100;
  if (path.endsWith('.tgz')) return { status: 200, body: hello.tgz, afterMs };
  if (path !== '/hello') return { status: 404, body: '{}', afterMs };
  const dist = {
    tarball: `https://${registry}.example.com/hello/-/hello-1.0.0.tgz`,
    integrity: hello.integrity,
    shasum: hello.shasum,
  };
  const time = { created: '2024-05-01T10:00:00.000Z', '1.0.0': '2024-05-01T10:00:00.000Z' };
  const packument = {
    name: 'hello',
    'dist-tags': { latest: '1.0.0' },
    versions: { '1.0.0': { ...hello.manifest, dist } },
    ...(registry === 'b' ? {} : { time }),
  };
  return { status: 200, body: JSON.stringify(packument), afterMs };
};

const yaml = (more: string) => `
listen: 127.0.0.1:10120
schedule: { every: 5s, timeout: 4s, perHost: 8 }
steps: { metadata: 5s, tags: 60s, packument: 20s, tarball: 20s }
mirrors:
  - { name: a, ecosystem: npm, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: npm, url: "https://b.example.com", weight: 50 }
  - { name: c, ecosystem: npm, url: "https://c.example.com", weight: 50 }
  - { name: origin, ecosystem: npm, url: "https://origin.example.com", role: origin }
clients: { npm: "https://a.example.com" }
modules: { npm: [ hello@1.0.0 ] }
state: { path: /nowhere/state.db }
${more}
`;

test.each([
  ['no protection is configured: the fastest', '', 'b'],
  ['pnpm would skip its check there', 'npm: { protections: [pnpm-release-age] }', 'c'],
  ['every install of yarn would fail there', 'npm: { protections: [yarn-release-age] }', 'c'],
  ['pnpm may skip its check', 'npm: { protections: [pnpm-release-age] }\nadvise: { allow: [pnpm-release-age] }', 'b'],
])('a mirror without release times, %s', async (_name, more, to) => {
  const world = await startWorld({ yaml: yaml(more), script: registries });
  await world.seconds(180);
  expect(told(world).filter((line) => line.startsWith('advice'))).toEqual([`advice proposed a → ${to}`]);
  const { mirrors } = (await world.get('/api/v1/mirrors')).json<{
    mirrors: { registry: string; gate: string; capabilities: object }[];
  }>();
  const ofB = mirrors.find(({ registry }) => registry === 'b');
  expect(ofB?.capabilities).toMatchObject({ time: false });
  expect(ofB?.gate).toBe(to === 'c' ? 'capability' : 'current');
  await world.stop();
});
