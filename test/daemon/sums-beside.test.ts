import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { endAfterEach, serve, watch } from './with-servers.ts';

endAfterEach();

const jar = 'org/example/lib/1.0/lib-1.0.jar';
/** It begins as a zip does. */
const right = Buffer.from(`PK\x03\x04${'a library '.repeat(20)}`);
const flipped = Buffer.from(right.map((byte, at) => (at === 25 ? byte ^ 1 : byte)));
const hash = (algorithm: string, body: Buffer): string => createHash(algorithm).update(body).digest('hex');
const sha1 = (body: Buffer): string => hash('sha1', body);
const stamp = 'Sat, 11 Nov 2023 09:59:12 GMT';

interface Repository {
  body: Buffer;
  /** What the `.sha1` holds; `null`: there is none. */
  sum: string | null;
  readonly md5?: string;
}

const serveFiles = (repository: Repository): Promise<string> =>
  serve(({ url = '' }, response) => {
    const path = url.slice(1);
    const body =
      path === jar
        ? repository.body
        : ({ [`${jar}.sha1`]: repository.sum, [`${jar}.md5`]: repository.md5 }[path] ?? null);
    if (body === null) response.writeHead(404).end();
    else response.writeHead(200, { 'last-modified': stamp }).end(body);
  });

type Told = { readonly kind: string; readonly registry: string; readonly cause: string; readonly text: string };

/** The findings of a daemon that watches these repositories, the first one preferred. */
async function findingsOf(repositories: readonly Repository[]) {
  const urls = await Promise.all(repositories.map(serveFiles));
  const real = await watch(`
listen: 127.0.0.1:10120
schedule: { every: 100ms, timeout: 30s, perHost: 8 }
steps: { whole: 300ms }
mirrors:
${urls.map((url, at) => `  - { name: m${at}, ecosystem: http, upstream: central, profile: maven, url: "${url}", weight: ${100 - at} }`).join('\n')}
modules: { http: [ { upstream: central, path: ${jar} } ] }
advise: { hold: 5s }
state: { path: ":memory:" }
`);
  const findings = async (): Promise<readonly Told[]> =>
    (JSON.parse((await real.get('/api/v1/findings')).text) as { findings: Told[] }).findings;
  const wholes = async (): Promise<number> => {
    const counts = (await real.get('/metrics')).text.matchAll(/^mirror_probe_attempts_total\{.*step="whole"\} (\d+)/gm);
    return Math.min(...[...counts].map(([, count]) => Number(count)));
  };
  return { real, findings, wholes };
}

test.each([
  ['the hash alone', sha1(right)],
  ['as OpenSSL writes it', `SHA1(lib-1.0.jar)= ${sha1(right)}\n`],
])('a byte flipped in one of two caches: the copy that its own .sha1 contradicts is wrong: %s', async (_, sum) => {
  const { real, findings, wholes } = await findingsOf([
    { body: flipped, sum },
    { body: right, sum },
  ]);
  await real.until('a finding', async () => (await findings()).length > 0);
  await real.until('advice', async () => (await real.get('/api/v1/advice')).text.includes('"to":"m1"'));
  const before = await wholes();
  await real.until('more downloads', async () => (await wholes()) >= before + 5);
  const all = await findings();
  expect(all.map(({ kind, registry }) => [kind, registry])).toEqual([['mismatch', 'm0']]);
  expect(all[0]?.text).toContain('the .sha1 beside the file');
});

test('without a .sha1, the .md5 beside the file says which copy is damaged', async () => {
  const md5 = hash('md5', right);
  const { real, findings } = await findingsOf([
    { body: flipped, sum: null, md5 },
    { body: right, sum: null, md5 },
  ]);
  await real.until('advice', async () => (await real.get('/api/v1/advice')).text.includes('"to":"m1"'));
  const all = await findings();
  expect(all.map(({ kind, registry }) => [kind, registry])).toEqual([['mismatch', 'm0']]);
  expect(all[0]?.text).toContain('the .md5 beside the file');
});

test('a wrong .sha1 beside right bytes: that mirror fails `mvn -C`, and the one whose copy fits is not accused', async () => {
  const { real, findings, wholes } = await findingsOf([
    { body: right, sum: sha1(flipped) },
    { body: right, sum: sha1(right) },
  ]);
  await real.until('advice', async () => (await real.get('/api/v1/advice')).text.includes('"to":"m1"'));
  const before = await wholes();
  await real.until('more downloads', async () => (await wholes()) >= before + 5);
  const all = await findings();
  expect(all.map(({ kind, registry }) => [kind, registry])).toEqual([['mismatch', 'm0']]);
  // Both steps request the file with its sum. On a busy machine, either may be the first to fail twice.
  const step = all[0]?.text.includes('(get)') ? 'get' : 'whole';
  expect(all[0]?.text).toBe(
    `m0 serves a wrong .sha1 of ${jar} (${step}): the sha1 check against the same bytes at another mirror failed twice.`,
  );
});

test('a checksum that was published wrong, and is the same everywhere, accuses no mirror', async () => {
  const { real, findings, wholes } = await findingsOf([
    { body: right, sum: sha1(flipped) },
    { body: right, sum: sha1(flipped) },
    { body: right, sum: sha1(flipped) },
  ]);
  await real.until('downloads', async () => (await wholes()) >= 6);
  expect((await findings()).filter(({ kind }) => kind !== 'self')).toEqual([]);
});

test('a copy that fits its own .sha1 has no vote: two other mirrors outweigh it', async () => {
  const { real, findings, wholes } = await findingsOf([
    { body: right, sum: sha1(right) },
    { body: flipped, sum: sha1(flipped) },
    { body: right, sum: null },
  ]);
  await real.until('a finding', async () => (await findings()).length > 0);
  const before = await wholes();
  await real.until('more downloads', async () => (await wholes()) >= before + 3);
  expect((await findings()).map(({ kind, registry, cause }) => [kind, registry, cause])).toEqual([
    ['mismatch', 'm1', 'peers'],
  ]);
});
