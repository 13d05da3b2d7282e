import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { repoDir, tempDir } from '../support/paths.ts';
import { type CommandResult, run } from '../support/process.ts';
import { real } from '../support/requires.ts';

const readme = readFileSync(join(repoDir, 'README.md'), 'utf8');
const lines = [...readme.matchAll(/^line=.*$/gm)].map(([line]) => line);
const byCurl = lines.find((line) => line.includes('curl')) ?? '';
const byProgram = lines.find((line) => line.includes('mirrorwatch advice')) ?? '';

let server: Server | null = null;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

type Answer = { readonly status: number; readonly text?: string } | 'hangs' | 'nobody';

/** Runs a line of the README as a script would, against a daemon that answers so; the port and the limit are the test's. */
async function script(line: string, answer: Answer, home = tempDir('script')): Promise<CommandResult> {
  server = createServer((_request, response) => {
    if (typeof answer === 'object') response.writeHead(answer.status).end(answer.text);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (answer === 'nobody') await new Promise((resolve) => server?.close(resolve));
  const program = `${process.execPath} ${join(repoDir, 'src/main.ts')}`;
  const mine = line
    .replace('127.0.0.1:10120', `127.0.0.1:${port}`)
    .replace('--max-time 5', `--max-time ${answer === 'hangs' ? 1 : 60}`)
    .replace('mirrorwatch advice', `${program} advice --url http://127.0.0.1:${port}`);
  const text = `GOPROXY=before\n${mine}\necho "status $?"\necho "GOPROXY $GOPROXY"\n`;
  return run('sh', ['-c', text], { env: { HOME: home }, cwd: home });
}

const good: Answer = { status: 200, text: "export GOPROXY='https://b.example.net,direct'\n" };
const set = 'GOPROXY https://b.example.net,direct';

real('the lines for scripts, as the README has them', ['curl'], () => {
  test('there are two, and none that hides a failure', () => {
    expect([byCurl, byProgram].every((line) => line.endsWith('&& eval "$line"'))).toBe(true);
    expect(readme).not.toMatch(/^eval "\$\(/m);
  });

  test.each<[string, Answer, string, string]>([
    ['advice', good, 'status 0', set],
    ['nothing to change', { status: 204 }, 'status 0', 'GOPROXY before'],
    ['429', { status: 429, text: "export GOPROXY='x'" }, 'status 22', 'GOPROXY before'],
    ['our mistake', { status: 500 }, 'status 22', 'GOPROXY before'],
    ['no daemon', 'nobody', 'status 7', 'GOPROXY before'],
    ['a daemon that hangs', 'hangs', 'status 28', 'GOPROXY before'],
  ])('curl: %s', async (_, answer, status, proxy) => {
    const { stdout, stderr } = await script(byCurl, answer);
    expect(stdout.trim().split('\n')).toEqual([status, proxy]);
    expect(stderr === '').toBe(status === 'status 0');
  });

  test('the program: asks, checks, times out, falls back', async () => {
    const home = tempDir('script');
    const hangs = await script(byProgram, 'hangs', home);
    expect(hangs.stdout.trim().split('\n')).toEqual(['status 1', 'GOPROXY before']);
    expect(hangs.stderr).toContain('no response within 5 s');
    expect((await script(byProgram, good, home)).stdout.trim().split('\n')).toEqual(['status 0', set]);
    for (const answer of ['nobody', { status: 200, text: 'log in, please' }] as const) {
      const fallen = await script(byProgram, answer, home);
      expect(fallen.stdout.trim().split('\n')).toEqual(['status 0', set]);
      expect(fallen.stderr).toContain('using the saved advice of');
    }
  });
});
