import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/program.ts';
import { testCerts } from '../../support/certs.ts';
import { tempDir } from '../../support/paths.ts';
import { until } from '../../support/patience.ts';
import { freePort, listenAnywhere } from '../../support/ports.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { run } from './run-program.ts';

// How `mirrorwatch fleet` reaches its store, and how it may be reached: credentials and certificates.

const dir = tempDir('fleet-cli');
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const token = fileOf('token', 'a-token-of-some-length');
const tenant = fileOf('tenant', 'X-Scope-OrgID: team\n');
const signed = fileOf('signed', 'X-Scope-OrgID: team\nAuthorization: Basic eA==\n');
const away = 'http://store.example.com:9090';

describe('what is refused, before anything is sent', () => {
  const plain = /the store token and headers with credentials are sent over http:\/\/ only to loopback: use https:\/\//;
  test.each([
    { name: 'a token over plain http', argv: ['--store', away, '--store-token-file', token], why: plain },
    { name: 'a store that is no URL', argv: ['--store', '127.0.0.1:9090'], why: /--store takes an http/ },
    {
      name: 'a password in the URL',
      argv: ['--store', 'https://u:hunter2@store.example.com'],
      why: /--store takes an http(?!.*hunter2)/,
    },
    { name: 'seconds without a unit', argv: ['--store', away, '--timeout', '1'], why: /--timeout takes a duration/ },
    {
      name: 'a port alone',
      argv: ['--store', away, '--listen', '10122'],
      why: /--listen takes an address such as .*, not '10122'/,
    },
    { name: 'a file without headers', argv: ['--store', away, '--headers', token], why: /Name: value/ },
    { name: 'a credential among the headers', argv: ['--store', away, '--headers', signed], why: plain },
    { name: 'a certificate without its key', argv: ['--store', away, '--cert', token], why: /--cert and --key are/ },
    { name: 'the joint setting of 1.0', argv: ['--store', away, '--needed=2'], why: /--needed has ended/ },
    {
      name: 'a key without its certificate, for the page',
      argv: ['--store', away, '--listen', '127.0.0.1:0', '--tls-key', token],
      why: /--tls-cert and --tls-key are needed together/,
    },
  ])('$name', async ({ argv, why }) => {
    const { code, err } = await run(['fleet', ...argv]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(why) });
  });
});

test('a tenant is no secret: it may be sent over plain http', async () => {
  const store = 'http://0.0.0.0:1';
  const [ofTenant, ofToken] = [
    await run(['fleet', '--store', store, '--headers', tenant]),
    await run(['fleet', '--store', store, '--store-token-file', token]),
  ];
  expect([ofTenant.code, ofToken.code]).toEqual([1, 2]);
  expect(ofTenant.err).toContain(`the store at ${store} does not respond as expected: ECONNREFUSED`);
});

test('a store that wants a client certificate sees ours, and without one there is no picture', async () => {
  const { ca, server, client } = testCerts();
  const seen: string[] = [];
  const store = createServer(
    { cert: server.certPem, key: server.keyPem, ca: ca.certPem, requestCert: true, rejectUnauthorized: true },
    (asked, response) => {
      seen.push(String((asked.socket as TLSSocket).getPeerCertificate().subject.CN));
      const metric = { vantage: 'fra', instance: 'fra:10120', ecosystem: 'go', upstream: 'go', registry: 'near' };
      const result = [{ metric: { ...metric, state: 'up' }, value: [1_772_634_600, '1772634600'] }];
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    },
  );
  const url = `https://127.0.0.1:${await listenAnywhere(store)}`;
  const argv = ['fleet', '--store', url, '--ca', ca.certFile];
  const known = await run([...argv, '--cert', client.certFile, '--key', client.keyFile]);
  expect({ code: known.code, err: known.err }).toEqual({ code: 0, err: '' });
  expect(known.out).toMatch(/near\s+up/);
  expect(new Set(seen)).toEqual(new Set(['mirrorwatch-client']));
  seen.length = 0;
  const unknown = await run(argv);
  expect({ code: unknown.code, seen }).toEqual({ code: 1, seen: [] });
  expect(unknown.err).toContain(`the store at ${url} does not respond as expected`);
  store.closeAllConnections();
  store.close();
});

test('the page is served over TLS', async () => {
  const { ca, server } = testCerts();
  const address = `127.0.0.1:${await freePort()}`;
  let stop = (): void => undefined;
  const ended = program({
    argv: [
      'fleet',
      '--store',
      'http://127.0.0.1:1',
      '--listen',
      address,
      '--tls-cert',
      server.certFile,
      '--tls-key',
      server.keyFile,
    ],
    env: {},
    cwd: dir,
    terminal: fakeTerminal(),
    facts: { version: '1.2.3', node: 'v24.0.0', log: { level: 'silent', pretty: false } },
    onSignal: (listener) => {
      stop = () => listener('stop');
    },
  });
  const statusOf = (): Promise<number | string> =>
    new Promise((resolve) => {
      request(`https://${address}/-/healthy`, { ca: ca.certPem, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', (cause) => resolve(cause.message))
        .end();
    });
  await until('the page', statusOf, (status) => status === 200);
  stop();
  expect(await ended).toBe(0);
});
