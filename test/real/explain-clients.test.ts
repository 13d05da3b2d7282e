import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findKnownErrors } from '../../src/features/doctor/explain.ts';
import { sealedNpmEnv } from '../support/npm-client.ts';
import { commandPath, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';

const page = '<!doctype html><html><body>Please log in</body></html>';
let server: Server;
let url = '';

/** Fails each request as its first folder says. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const [, fault = ''] = String(request.url).split('/');
    if (fault === 'reset') response.socket?.resetAndDestroy();
    else if (fault === 'html') response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    else if (fault === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"name"', () => response.socket?.end());
    } else response.writeHead(Number(fault)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const faults = ['404', '403', '429', '502', 'reset', 'refused'] as const;
const reasons = {
  '404': 'absent',
  '403': 'denied',
  '429': 'throttled',
  '502': 'server',
  reset: 'reset',
  refused: 'refused',
};

const under = (fault: string): string => (fault === 'refused' ? 'http://127.0.0.1:1' : `${url}/${fault}`);

/** What a client prints, whole. */
async function printed(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const folder = tempDir('explain');
  const { stdout, stderr } = await run(commandPath(command), args, { env: { HOME: folder, ...env }, cwd: folder });
  return `${stdout}\n${stderr}`;
}

/** What each error is, or what it may be. */
const reasonsOf = (text: string): readonly string[] =>
  findKnownErrors(text).map(({ reason, candidates }) => reason ?? candidates.join(', '));

real('what the go command prints', ['go'], () => {
  test.each([...faults, 'html', 'cut'] as const)('%s', async (fault) => {
    const home = tempDir('explain-go');
    const text = await printed('go', ['list', '-m', 'example.com/hello@v1.0.0'], {
      GOPROXY: under(fault),
      GOSUMDB: 'off',
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-modcacherw',
      GOPATH: join(home, 'go'),
      GOCACHE: join(home, 'cache'),
    });
    const wanted = { ...reasons, html: 'wrong_content', cut: 'cut' }[fault];
    expect(reasonsOf(text), text).toContain(wanted);
    expect(findKnownErrors(text)[0]?.ecosystem).toBe('go');
  });
});

real('what npm prints', ['npm'], () => {
  test.each([...faults, 'html'] as const)('%s', async (fault) => {
    const text = await printed('npm', ['view', 'left-pad', '--fetch-retries=0'], {
      ...sealedNpmEnv({ dir: tempDir('explain-npm'), registry: under(fault) }),
    });
    const wanted = { ...reasons, html: 'wrong_content' }[fault];
    expect(reasonsOf(text), text).toContain(wanted);
    expect(findKnownErrors(text)[0]?.ecosystem).toBe('npm');
  });
});

real('what pip prints', ['pip'], () => {
  test.each(faults)('%s', async (fault) => {
    const text = await printed('pip', ['download', 'six', '--no-cache-dir', '-i', `${under(fault)}/simple`], {
      PIP_RETRIES: '1',
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
    });
    // pip tells the status of a page in its debug log alone.
    const anyAnswer = 'absent, denied, server, throttled, wrong_content';
    expect(reasonsOf(text), text).toContain(/^\d/.test(fault) ? anyAnswer : reasons[fault]);
    expect(findKnownErrors(text)[0]?.ecosystem).toBe('pypi');
  });
});
