import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { type Goproxy, startGoproxy } from '../support/goproxy.ts';
import { real } from '../support/requires.ts';
import { mirrorwatch } from './daemon.ts';

real('goproxy that cannot reach what it fetches from', ['goproxy', 'go'], () => {
  let upstream: FakeMirror;
  let cutOff: Goproxy;
  let healthy: Goproxy;
  beforeAll(async () => {
    upstream = await startFakeMirror();
    // Nothing listens there: it stands for the hosts of repositories.
    cutOff = await startGoproxy({ upstream: 'direct' });
    healthy = await startGoproxy({ upstream: upstream.url });
  });
  afterAll(() => Promise.all([upstream.close(), cutOff.close(), healthy.close()]));

  const reasonOf = async ({ url }: Goproxy, module: string): Promise<string> => {
    const probed = await mirrorwatch(['probe', url, module, '--step', 'mod', '--json', '--ecosystem', 'go']);
    const [, reason] = /"kind":"(\w+)"/.exec(probed.stdout.replaceAll(' ', '')) ?? [];
    return reason ?? probed.stderr;
  };

  test.each([
    ['git prints the cause on the second line', 'github.com/pkg/errors@v0.9.1'],
    ['the go command cannot connect', '127.0.0.1/quote@v1.5.2'],
  ])('%s: a failure of its upstream', async (_, module) =>
    expect(await reasonOf(cutOff, module)).toBe('masked_upstream'),
  );

  test('a version that does not exist stays absent', async () =>
    expect(await reasonOf(healthy, 'example.com/hello@v1.9.9')).toBe('absent'));
});
