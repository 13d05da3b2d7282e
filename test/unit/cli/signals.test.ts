import { expect, test } from 'vitest';
import { run } from './run-program.ts';

// Each of these ends early, at a file or an address that is none.
const none = ['--config', '/nowhere/mirrorwatch.yaml'];

test.each([
  { argv: ['run', ...none], receives: true },
  { argv: ['door', ...none], receives: true },
  { argv: ['fleet', '--store', 'http://127.0.0.1:1', '--listen', 'nowhere'], receives: true },
  { argv: ['door', '--print', 'nginx', ...none], receives: false },
  { argv: ['door', '--lines', ...none], receives: false },
  { argv: ['check', ...none], receives: false },
])('$argv receives signals from its start on, or ends at them: $receives', async ({ argv, receives }) => {
  let isReceiving = false;
  const { code } = await run(argv, {
    onSignal: () => {
      isReceiving = true;
    },
  });
  expect([code, isReceiving]).toEqual([2, receives]);
});
