import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { startRealDaemon } from './real-daemon.ts';

let near: FakeMirror;
let far: FakeMirror;
let dns: DnsServer;
beforeAll(async () => {
  [near, far, dns] = await Promise.all([startFakeMirror(), startFakeMirror(), startDnsServer()]);
});
afterAll(() => Promise.all([near.close(), far.close(), dns.close()]));

const yaml = (nearUrl: string): string => `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 5s, timeout: 30s, perHost: 4 }
steps: { list: 1h, info: 1h, latest: 1h, zip: 1h }
mirrors:
  - { name: near, ecosystem: go, url: "${nearUrl}", weight: 100, resolve: { server: "${dns.address}" } }
  - { name: far, ecosystem: go, url: "${far.url}", weight: 50 }
clients: { go: "${nearUrl},${far.url},direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
detect: { outage: { open: 3, over: 0s }, spike: { warmup: 8 } }
state: { path: /nowhere/state.db }
`;

test('real sockets: a name whose IPv4 address refuses is asked over IPv6, and is degraded, not down', async () => {
  // The other address is the mirror itself, reached over an IPv6 socket.
  const over = (four: string) => dns.setName('near.example.com', { a: [four], aaaa: ['::ffff:7f00:1'] });
  over('127.0.0.1');
  const real = await startRealDaemon(yaml(near.url.replace('127.0.0.1', 'near.example.com')));
  const lines = async (name: string): Promise<readonly string[]> => {
    const { text } = await real.get('/metrics');
    return text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes('registry="near"'));
  };
  const becomes = (state: string): Promise<void> =>
    real.until(state, async () =>
      (await lines('mirror_state')).some((line) => line.includes(`"${state}"`) && line.endsWith(' 1')),
    );
  try {
    await becomes('up');
    // Nobody listens there.
    over('127.0.0.2');
    await becomes('degraded');
    const { mirrors } = JSON.parse((await real.get('/api/v1/mirrors')).text) as { mirrors: object[] };
    const shown = { registry: 'near', because: 'the mirror does not respond over IPv4' };
    expect(mirrors).toContainEqual(expect.objectContaining(shown));
    const failed = (await lines('mirror_probe_failures_total')).filter((line) => !line.endsWith(' 0'));
    expect(failed).toEqual([]);
    over('127.0.0.1');
    await becomes('up');
  } finally {
    await real.daemon.stop();
  }
});
