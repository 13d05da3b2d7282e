import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startProbing } from '../../src/daemon/probe-now.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { sampleConfig } from '../support/sample-config.ts';

/** Threads of this process, on Linux. */
const countThreads = (): number => readdirSync('/proc/self/task').length;

test('probes of many configurations share one thread, and each has its own configuration', async () => {
  const mirrors = await Promise.all([startFakeMirror(), startFakeMirror()]);
  const base = sampleConfig();
  const [first] = base.mirrors;
  if (first === undefined) throw new Error('the sample has a mirror');
  const probing = startProbing({ version: '1.2.3', node: '', log: { level: 'silent', pretty: false } });
  const ask = async ({ url }: { readonly url: string }) => {
    const mirror = { ...first, url };
    const config = { ...base, mirrors: [mirror] };
    const request = { mirror, module: 'example.com/hello', version: 'v1.0.0', step: 'mod' } as const;
    expect(await probing.probe(config, request)).toMatchObject({ value: { sample: { outcome: { tag: 'ok' } } } });
  };
  // Node's own threads for files and names, at most four, start at their first use.
  for (const mirror of mirrors) await ask(mirror);
  const before = countThreads();
  for (let at = 0; at < 4; at += 1) for (const mirror of mirrors) await ask(mirror);
  expect(countThreads()).toBeLessThanOrEqual(before + 4);
  expect(mirrors.map(({ requests }) => requests.length)).toEqual([5, 5]);
  await Promise.all([probing.close(), ...mirrors.map((mirror) => mirror.close())]);
});
