import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { type PackedPackage, packedAs, startNpmRegistry } from '../support/npm-registry.ts';
import { startRealDaemon } from './real-daemon.ts';

const archive = (bytes: number): Buffer => gzipSync(randomBytes(bytes));
const names = ['first', 'second', 'third'];
/** What `a` serves now. Downloads that compare mirrors are of the first or the second artifact: they are smaller. */
const served: PackedPackage[] = names.map((name, at) =>
  packedAs({ name, version: '1.0.0' }, archive(1_000 + 150_000 * at)),
);

const a = await startNpmRegistry({ packages: served });
const b = await startNpmRegistry({ packages: [...served] });
const daemon = await startRealDaemon(`
listen: 127.0.0.1:0
schedule: { every: 200ms, timeout: 5s, perHost: 2 }
steps: { metadata: 1s, tarball: { every: 1h, timeout: 2m } }
mirrors:
  - { name: a, ecosystem: npm, url: "${a.url}", weight: 100 }
  - { name: b, ecosystem: npm, url: "${b.url}" }
modules: { npm: [ ${names.map((name) => `${name}@1.0.0`).join(', ')} ] }
state: { path: ":memory:" }
`);

afterAll(async () => {
  await daemon?.daemon.stop();
  for (const server of [a, b]) await server?.close();
});

test('an artifact that is replaced is found by its first bytes, not an hour later', async () => {
  const countOf = () => a.requests.filter(({ path }) => path === '/third/-/third-1.0.0.tgz').length;
  await daemon.until('the artifact was requested twice', () => countOf() >= 2);
  const [third] = served.splice(2, 1);
  if (third === undefined) throw new Error('no package');
  served.push({ ...third, tgz: archive(300_000) });
  await daemon.until('a finding', async () => (await daemon.get('/api/v1/findings')).text.includes('"mismatch"'));
  const { text } = await daemon.get('/api/v1/findings');
  const { findings } = JSON.parse(text) as { findings: readonly { evidence: { probeIds: readonly string[] } }[] };
  expect(findings).toMatchObject([
    { kind: 'mismatch', registry: 'a', cause: 'mismatch', scope: [{ module: 'third', step: 'tarball' }] },
  ]);
  const probes = findings[0]?.evidence.probeIds.map((id) => daemon.get(`/api/v1/probes/${id}`)) ?? [];
  const purposes = (await Promise.all(probes)).map((probe) => /"purpose": ?"(\w+)"/.exec(probe.text)?.[1]);
  // A scheduled download would be the first, if a peek had not ordered one before.
  expect(purposes).toEqual(['recheck', 'recheck']);
});
