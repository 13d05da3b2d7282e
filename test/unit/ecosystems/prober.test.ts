import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const prober = new URL('../../../src/ecosystems/prober.ts', import.meta.url).href;

/** Loads the code of probes while no descriptor is free, then with free ones. */
const program = `
import { closeSync, openSync } from 'node:fs';
import { loadProber } from '${prober}';
const held = [];
try { for (;;) held.push(openSync('/dev/null')); } catch {}
const outcome = () => loadProber('http').then(({ probe }) => typeof probe, () => 'failed');
const first = await outcome();
for (const one of held) closeSync(one);
console.log(first, await outcome());`;

test('the code of probes is loaded again after a failure, so that one moment without descriptors stops no ecosystem', () => {
  const node = [process.execPath, '--input-type=module', '--eval', program];
  const said = execFileSync('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', ...node], { encoding: 'utf8' });
  expect(said).toBe('failed function\n');
});
