import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfigSlowly } from '../../../src/config/load-slowly.ts';
import { Secret } from '../../../src/core/secret.ts';
import { readConfigAside } from '../../../src/io/config-thread.ts';
import { systemFiles } from '../../../src/io/files.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { spentMs } from '../../support/growth.ts';
import { repoDir } from '../../support/paths.ts';

const fixtures = join(repoDir, 'test', 'fixtures', 'config');
const examples = join(repoDir, 'examples');
const cwd = '/';

/** With the text of each secret in its place, so that they can be compared. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, revealed(one)]));
}

const here = (text: string, path: string | null, env: Readonly<Record<string, string>>) =>
  loadConfigSlowly({ text, path, env, cwd, files: systemFiles, expand: expandTargets });

const withSecrets = `
listen: { address: ":10120", token: "\${TOKEN}" }
mirrors:
  - { name: a, ecosystem: go, url: "https://a.example.com", auth: { username: u, password: "pass-word-1" } }
  - { name: b, ecosystem: go, url: "https://b.example.com", proxy: "http://me:proxy-word@proxy.example.com:3128" }
controls: [ "tcp://192.0.2.1:53" ]
clients: { go: "https://c:chain-word@b.example.com,direct" }
modules: { go: [ example.com/hello@v1.0.0 ] }
webhooks: [ { name: ops, url: "https://hooks.example.com/T0/abc", secrets: [ "whsec_${Buffer.alloc(32, 'k').toString('base64')}" ] } ]
`;
const env = { TOKEN: 'a-long-enough-token-of-the-listener' };

describe('a configuration that is read in a thread of its own', () => {
  test('is the one that this thread reads, secrets as secrets', async () => {
    const read = await readConfigAside({ text: withSecrets, path: null, env, cwd });
    const want = await here(withSecrets, null, env);
    if (read.tag === 'error' || want.tag === 'error') throw new Error(JSON.stringify([read, want]));
    expect(revealed(read.value.config)).toEqual(revealed(want.value.config));
    expect(read.value.config.listen.token).toBeInstanceOf(Secret);
    expect(JSON.stringify(read.value)).not.toMatch(/-word|long-enough|whsec_/);
  });

  test.each(readdirSync(examples).filter((name) => name.endsWith('.yaml')))('examples/%s, too', async (name) => {
    const path = join(examples, name);
    const text = readFileSync(path, 'utf8');
    const [read, want] = await Promise.all([readConfigAside({ text, path, env: {}, cwd }), here(text, path, {})]);
    expect(revealed(read.tag === 'ok' && read.value.config)).toEqual(revealed(want.tag === 'ok' && want.value.config));
  });

  test('has the same warnings', async () => {
    const text = withSecrets.replace(/^controls.*$/m, '');
    const [read, want] = await Promise.all([readConfigAside({ text, path: null, env, cwd }), here(text, null, env)]);
    if (read.tag === 'error' || want.tag === 'error') throw new Error(JSON.stringify([read, want]));
    expect(read.value.warnings).toEqual(want.value.warnings);
    expect(read.value.warnings.map(({ path }) => path)).toContain('controls');
  });

  test('reports the same mistakes', async () => {
    const path = join(fixtures, 'all-at-once.yaml');
    const text = readFileSync(path, 'utf8');
    const want = await here(text, path, {});
    expect(want.tag).toBe('error');
    expect(await readConfigAside({ text, path, env: {}, cwd })).toEqual(want);
  });

  test('costs this thread next to nothing, however large it is', async () => {
    const sized = (size: number): string =>
      `mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]\nx: [${'k, '.repeat(size)}]\n`;
    const text = sized(10_000);
    const costOf = async (read: () => Promise<unknown>): Promise<number> => {
      const beforeMs = spentMs();
      await read();
      return spentMs() - beforeMs;
    };
    // The least of some rounds is what it costs: a garbage collection of earlier tests may fall into one of them.
    let [leastHere, leastAside] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    await here(sized(10), null, {});
    for (let round = 0; round < 8 && !(leastAside < 0.25 * leastHere); round += 1) {
      leastHere = Math.min(leastHere, await costOf(() => here(text, null, {})));
      leastAside = Math.min(leastAside, await costOf(() => readConfigAside({ text, path: null, env: {}, cwd })));
    }
    expect(leastAside / leastHere).toBeLessThan(0.25);
  });

  test('a thread that does not end in time is ended, and that is a mistake of the configuration', async () => {
    const read = await readConfigAside({ text: withSecrets, path: null, env, cwd }, 1);
    expect(read).toEqual({
      tag: 'error',
      error: [
        {
          severity: 'error',
          path: '',
          line: null,
          column: null,
          seen: 'ETIMEDOUT',
          expected: { key: 'expected.readWithin', values: { seconds: 0.001 } },
          nearest: null,
        },
      ],
    });
  });

  test('a thread that cannot be created is a mistake of the configuration, not an exception', async () => {
    // The clone of the start data fails where the creation of a thread fails: in the constructor.
    const uncloneable = { NAME: (() => '') as unknown as string };
    const read = await readConfigAside({ text: withSecrets, path: null, env: uncloneable, cwd });
    const expected = { key: 'expected.readWithin' };
    expect(read).toMatchObject({ tag: 'error', error: [{ severity: 'error', path: '', seen: '25', expected }] });
  });
});
