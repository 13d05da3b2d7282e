import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { repoDir } from '../../support/paths.ts';

/** Runs a script of a few lines in a process of its own. */
async function outcome(script: string): Promise<{ readonly code: unknown; readonly out: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  const [code] = await once(child, 'close');
  return { code, out };
}

const leaving = `const { stopProcess } = await import(${JSON.stringify(`${repoDir}/src/cli/main.ts`)});`;

test('a thread inside a call that cannot be ended does not hold up the end: what was written is whole, the code ours', async () => {
  // libuv's pool is held as getaddrinfo holds it, for hours.
  const script = `
    import { Worker } from 'node:worker_threads';
    ${leaving}
    const stuck = "import { pbkdf2 } from 'node:crypto'; import { parentPort } from 'node:worker_threads';"
      + "pbkdf2('a', 'b', 2 ** 31 - 1, 64, 'sha512', () => 0); parentPort.postMessage('in it')";
    const thread = new Worker(stuck, { eval: true });
    await new Promise((done) => thread.once('message', done));
    void thread.terminate();
    console.log('x'.repeat(200_000));
    stopProcess(process, 1, 1_000);`;
  const { code, out } = await outcome(script);
  expect([code, out.length, out.trim().replaceAll('x', '')]).toEqual([1, 200_001, '']);
});

test('nothing is held up that ends by itself', async () =>
  expect(await outcome(`${leaving} process.exitCode = 2; stopProcess(process, 1, 600_000);`)).toEqual({
    code: 2,
    out: '',
  }));
