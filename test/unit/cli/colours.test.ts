import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { tempDir } from '../../support/paths.ts';

const colourStart = '\u001b[';

/** What `doctor --fix --yes` writes to two streams of which each may be a terminal. */
async function fixed(isTerminal: {
  readonly out: boolean;
  readonly err: boolean;
}): Promise<Record<'out' | 'err', string>> {
  const home = tempDir('colours');
  mkdirSync(join(home, '.config/go'), { recursive: true });
  writeFileSync(join(home, '.config/go/env'), 'GOSUMDB=off\n');
  const said = { out: '', err: '' };
  const stream = (which: 'out' | 'err') =>
    Object.assign(new EventEmitter(), {
      isTTY: isTerminal[which],
      write(text: string) {
        said[which] += text;
      },
    });
  const folders = ['--home', home, '--root', tempDir('colours')];
  const process = {
    argv: ['node', 'mirrorwatch', 'doctor', '--fix', '--yes', ...folders],
    env: {},
    cwd: () => home,
    version: 'v24.0.0',
    stdout: stream('out'),
    stderr: stream('err'),
    stdin: { isTTY: false },
    on: () => undefined,
  };
  await main(process as unknown as NodeJS.Process);
  return said;
}

test('a diff on standard error is coloured if that is a terminal, whatever standard output is', async () => {
  const toFile = await fixed({ out: true, err: false });
  expect(toFile.err).toContain('-GOSUMDB=off');
  expect(toFile.err).not.toContain(colourStart);
  const toTerminal = await fixed({ out: false, err: true });
  expect(toTerminal.err).toContain(`${colourStart}31m-GOSUMDB=off`);
});
