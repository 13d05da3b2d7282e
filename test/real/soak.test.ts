import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repoDir, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';

// A minute of `npm run soak`.
real('the soak', ['faketime', 'setpriv'], () => {
  test('a minute of trouble by a seed of its own breaks no invariant', async () => {
    const dir = tempDir('soak-log');
    const seed = String(randomInt(1_000_000));
    const log = join(dir, 'soak.jsonl');
    // Without a limit of its own: what hangs ends with the limit of the test.
    const args = [join(repoDir, 'bench', 'soak', 'run.ts'), '--seconds', '60', '--seed', seed, '--log', log];
    const { code, stdout, stderr } = await run(process.execPath, args, { timeoutMs: 0 });
    expect([code, stderr], stdout).toEqual([0, '']);
    expect(stdout).toContain('every invariant held');
  });
});
