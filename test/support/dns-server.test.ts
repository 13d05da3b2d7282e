import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DnsRecord, type DnsServer, startDnsServer } from './dns-server.ts';
import { patienceMs } from './patience.ts';

let server: DnsServer;
/** One that waits for what comes, and one for what never does. */
const [patient, hasty] = [patienceMs, 150].map((timeout) => new Resolver({ timeout, tries: 1 })) as [
  Resolver,
  Resolver,
];
beforeAll(async () => {
  server = await startDnsServer();
  for (const resolver of [patient, hasty]) resolver.setServers([server.address]);
});
afterAll(() => server?.close());

const ask = (name: string, type: 'A' | 'AAAA' = 'A', resolver = patient): Promise<readonly string[] | string> =>
  (type === 'A' ? resolver.resolve4(name) : resolver.resolve6(name)).catch(
    (error: NodeJS.ErrnoException) => error.code ?? '',
  );

const rows: readonly {
  name: string;
  record: DnsRecord;
  a: readonly string[] | string;
  aaaa: readonly string[] | string;
}[] = [
  {
    name: 'both families',
    record: { a: ['127.0.0.1', '10.0.0.1'], aaaa: ['::1', '2001:db8::5:6'] },
    a: ['127.0.0.1', '10.0.0.1'],
    aaaa: ['::1', '2001:db8::5:6'],
  },
  { name: 'one family', record: { a: ['127.0.0.1'] }, a: ['127.0.0.1'], aaaa: 'ENODATA' },
  // c-ares takes an alias without a record behind it for a success with nothing in it.
  { name: 'an alias', record: { cname: 'other.example.com', a: ['127.0.0.3'] }, a: ['127.0.0.3'], aaaa: [] },
  { name: 'an empty answer', record: {}, a: 'ENODATA', aaaa: 'ENODATA' },
  { name: 'NXDOMAIN', record: { rcode: 3 }, a: 'ENOTFOUND', aaaa: 'ENOTFOUND' },
  { name: 'SERVFAIL', record: { rcode: 2 }, a: 'ESERVFAIL', aaaa: 'ESERVFAIL' },
  { name: 'REFUSED', record: { rcode: 5 }, a: 'EREFUSED', aaaa: 'EREFUSED' },
  { name: 'silence', record: { silent: true }, a: 'ETIMEOUT', aaaa: 'ETIMEOUT' },
  {
    name: 'an answer after the limit',
    record: { a: ['127.0.0.1'], delayMs: 10 * patienceMs },
    a: 'ETIMEOUT',
    aaaa: 'ETIMEOUT',
  },
];

test.for(rows)('$name is seen as such', async ({ record, a, aaaa }) => {
  server.setName('mirror.example.com', record);
  const resolver = a === 'ETIMEOUT' ? hasty : patient;
  const seen = [await ask('mirror.example.com', 'A', resolver), await ask('mirror.example.com', 'AAAA', resolver)];
  expect(seen).toEqual([a, aaaa]);
});

test('records of a name are given in turn, the last for ever: a rebinding', async () => {
  server.setName('rebind.example.com', { a: ['192.0.2.1'] }, { a: ['127.0.0.1'] });
  const seen = [await ask('rebind.example.com'), await ask('rebind.example.com'), await ask('REBIND.example.com')];
  expect(seen).toEqual([['192.0.2.1'], ['127.0.0.1'], ['127.0.0.1']]);
  expect(server.questions.slice(-1)).toEqual([{ name: 'rebind.example.com', type: 'A' }]);
});

test('names without a record get the default', async () => {
  const before = await ask('unknown.example.com');
  server.setDefault({ a: ['127.0.0.9'] });
  expect([before, await ask('unknown.example.com')]).toEqual(['ENOTFOUND', ['127.0.0.9']]);
});
