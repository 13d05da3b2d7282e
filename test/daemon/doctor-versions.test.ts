import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Mirror } from '../../src/core/mirror.ts';
import type { Probed } from '../../src/core/ports.ts';
import { findBrokenVersion } from '../../src/features/doctor/online-subject.ts';
import { testCerts } from '../support/certs.ts';
import { testMachine } from '../unit/features/doctor/machine.ts';

let server: Http2SecureServer | null = null;
afterEach(() => {
  server?.close();
  server = null;
});

/** A Go mirror over TLS that breaks what comes over one version. */
async function start(broken: '1.1' | '2' | null): Promise<string> {
  const { server: leaf } = testCerts();
  const made = createSecureServer({ cert: leaf.certPem, key: leaf.keyPem, allowHTTP1: true });
  made.on('request', (request, response) => {
    if (request.httpVersion === '2.0' && broken === '2') request.stream.close(2);
    else if (request.httpVersion === '1.1' && broken === '1.1') request.socket.destroy();
    else response.end('module example.com/hello\n');
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  server = made;
  return `https://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

async function traps(url: string): Promise<readonly { id: string; what: string; severity: string }[]> {
  const yaml = `vantage: here\nmirrors:\n  - { name: a, ecosystem: go, url: "${url}", tls: { ca: "${testCerts().ca.certFile}" } }\nmodules: { go: [ example.com/hello@v1.0.0 ] }\ngo: { sumdb: off }\n`;
  const machine = testMachine({ 'mirrorwatch.yaml': yaml });
  const ran = await machine.run(['doctor', '--json', '--online', '--config', machine.at('mirrorwatch.yaml')]);
  expect(ran.err).toBe('');
  return (JSON.parse(ran.out) as { traps: { id: string; what: string; severity: string }[] }).traps;
}

test('HTTP/2 alone is broken: named, with the client that it breaks', async () => {
  const found = (await traps(await start('2'))).filter(({ id }) => id === 'online-http2-broken');
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    severity: 'error',
    what: 'The mirror works over HTTP/1.1 but fails over HTTP/2 (reset). This breaks go.',
  });
});

test.each([null, '1.1'] as const)('broken: %s, nothing that go meets: no trap of versions', async (broken) =>
  expect((await traps(await start(broken))).filter(({ id }) => /http[12]-broken/.test(id))).toEqual([]),
);

const pypi = { name: 'a', ecosystem: 'pypi', url: 'https://a.example.com/simple/' } as Mirror;
const ended = (protocol: '1.1' | '2', kind: string | null): Probed =>
  ({ sample: { protocol, outcome: kind === null ? { tag: 'ok' } : { tag: 'failed', failure: { kind } } } }) as Probed;

test.each([
  ['HTTP/2 resets', ended('1.1', null), ended('2', 'reset'), ['2', ['uv']]],
  ['HTTP/1.1 is cut', ended('1.1', 'cut'), ended('2', null), ['1.1', ['pip']]],
  ['HTTP/1.1 is not offered', ended('1.1', 'tls_protocol'), ended('2', null), ['1.1', ['pip']]],
  ['HTTP/2 is not offered', ended('1.1', null), ended('2', 'tls_protocol'), null],
  ['both work', ended('1.1', null), ended('2', null), null],
  ['both fail', ended('1.1', 'reset'), ended('2', 'reset'), null],
] as const)('of a Python index, %s', async (_, one, two, want) => {
  const found = await findBrokenVersion(pypi, one, async ({ protocol }) => (protocol === 'h2' ? two : one));
  expect(found === null ? null : [found.broken, found.clients]).toEqual(want);
});
