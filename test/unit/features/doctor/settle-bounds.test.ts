import { expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { createMachine } from '../../../../src/daemon/machine.ts';
import { settleDoctor } from '../../../../src/features/doctor/settle.ts';
import { english } from '../../../../src/words/words.ts';
import { tempDir } from '../../../support/paths.ts';

test('a remedy with a text that no settings file should have is not set', async () => {
  const folder = tempDir('settle-bounds');
  const machine = createMachine({ env: {}, home: folder, cwd: folder, root: folder });
  const settled = (chars: number) =>
    settleDoctor(machine, 'npm', { npm_config_registry: `https://a.example.com/${'x'.repeat(chars)}` }, english);
  expect((await settled(100))?.changes.length).toBe(1);
  expect(await settled(limits.remedyChars)).toBeNull();
});
