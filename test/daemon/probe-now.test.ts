import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startProbing } from '../../src/daemon/probe-now.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { sampleConfig } from '../support/sample-config.ts';

/** Threads of this process, on Linux. */
const countThreads = (): number => readdirSync('/proc/self/task').length;

test('probes of many configurations leave one thread open', async () => {
  const mirror = await startFakeMirror();
  const base = sampleConfig();
  const [first] = base.mirrors;
  if (first === undefined) throw new Error('the sample has a mirror');
  const asked = { ...first, url: mirror.url };
  const probing = startProbing({ version: '1.2.3', node: '', log: { level: 'silent', pretty: false } });
  const ask = () => {
    const config = { ...base, mirrors: [asked] };
    return probing.ask(config, { mirror: asked, module: 'example.com/hello', version: 'v1.0.0', step: 'mod' });
  };
  expect(await ask()).toMatchObject({ value: { sample: { outcome: { tag: 'ok' } } } });
  // Node's own threads for files and names, at most four, start at their first use.
  await ask();
  const before = countThreads();
  for (let at = 0; at < 8; at += 1) await ask();
  expect(countThreads()).toBeLessThanOrEqual(before + 4);
  await Promise.all([probing.close(), mirror.close()]);
});
