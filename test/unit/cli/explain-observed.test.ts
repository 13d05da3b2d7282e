import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Ran, run } from './run-program.ts';

const pipText = `Looking in indexes: https://pypi.example.com/simple
ERROR: Could not find a version that satisfies the requirement six (from versions: none)
ERROR: No matching distribution found for six`;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A daemon with the mirrors pypi (as in the text) and other, and open findings of these causes. */
async function daemonWith(
  findings: readonly { registry: string; cause: string }[],
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const openedAt = '2026-01-02T03:04:05.000Z';
  const mirrors = ['pypi', 'other'].map((registry) => ({
    registry,
    ecosystem: 'pypi',
    url: `https://${registry}.example.com/simple`,
  }));
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    response.setHeader('content-type', 'application/json');
    const open = findings.map((one) => ({ ...one, openedAt }));
    response.end(JSON.stringify(/findings/.test(String(request.url)) ? { findings: open } : { mirrors }));
  }).listen(0, '127.0.0.1');
  closing.push(() => server.close());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

interface Told {
  readonly errors: readonly { reason: string | null; candidates: object[]; observed: { registry: string }[] }[];
}

const toldBy = (ran: Ran): Told['errors'][number] | undefined => (JSON.parse(ran.out) as Told).errors[0];

describe('explain beside a daemon', () => {
  test.each(['wrong_content', 'denied'])('an empty index of a mirror that the daemon sees answer %s', async (cause) => {
    const { url } = await daemonWith([{ registry: 'pypi', cause }]);
    const told = toldBy(await run(['explain', '--json', '--url', url, pipText]));
    expect(told).toMatchObject({ reason: cause, candidates: [], observed: [{ registry: 'pypi', cause }] });
  });

  test('for people: what is seen, and since when', async () => {
    const twice = { registry: 'pypi', cause: 'wrong_content' };
    const { url } = await daemonWith([twice, twice]);
    const { code, out } = await run(['explain', '--url', url, pipText]);
    expect(code).toBe(0);
    expect(out).toMatch(/^wrong_content/);
    expect(out.split('  seen   pypi: wrong_content, since 2026-01-02T03:04:05.000Z')).toHaveLength(2);
    expect(out).toMatch(/next .* `mirrorwatch advice` prints, if there is one\.\n +run +mirrorwatch advice\n/);
  });

  test.each([
    ['nothing is open', []],
    ['another mirror fails', [{ registry: 'other', cause: 'denied' }]],
    ['what the text cannot mean', [{ registry: 'pypi', cause: 'tls_expired' }]],
  ])('still not clear: %s', async (_, findings) => {
    const { url } = await daemonWith(findings);
    expect(toldBy(await run(['explain', '--json', '--url', url, pipText]))).toMatchObject({
      reason: null,
      observed: [],
    });
  });

  test('two causes at one mirror, or a text without the mirror: shown, and still not clear', async () => {
    const two = await daemonWith([
      { registry: 'pypi', cause: 'denied' },
      { registry: 'pypi', cause: 'server' },
    ]);
    const both = toldBy(await run(['explain', '--json', '--url', two.url, pipText]));
    expect([both?.reason, both?.observed.length]).toEqual([null, 2]);
    const one = await daemonWith([{ registry: 'pypi', cause: 'denied' }]);
    const unnamed = pipText.replace(/^.*\n/, '');
    const shown = toldBy(await run(['explain', '--json', '--url', one.url, unnamed]));
    expect([shown?.reason, shown?.observed.length]).toEqual([null, 1]);
  });

  test('a named daemon that does not answer: said, exit 1; none named: the text alone', async () => {
    expect(await run(['explain', '--url', 'http://127.0.0.1:1', pipText])).toMatchObject({
      code: 1,
      err: expect.stringContaining('ECONNREFUSED'),
    });
    const alone = await run(['explain', '--json', pipText]);
    expect([alone.code, alone.err, toldBy(alone)?.reason]).toEqual([0, '', null]);
  });
});
