import { Resolver } from 'node:dns/promises';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { get } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAlertmanager } from '../support/alertmanager.ts';
import { startBlackbox } from '../support/blackbox.ts';
import { testCerts } from '../support/certs.ts';
import { startDnsmasq } from '../support/dnsmasq.ts';
import { fakeSumdbName, startFakeMirror } from '../support/fake-mirror.ts';
import { goDownload } from '../support/go-client.ts';
import { startGoproxy } from '../support/goproxy.ts';
import { moduleTree, treePath } from '../support/goproxy-tree.ts';
import { type Link, openLink } from '../support/link.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { patienceMs, until, withMoreTime } from '../support/patience.ts';
import { run } from '../support/process.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { makeSumdb } from '../support/sumdb.ts';
import { syntheticModules } from '../support/synthetic-modules.ts';

// Tests of the instruments: what the other suites start must be what it says.

/** Milliseconds until a TCP connect to the address is answered, whether by an accept or by a refusal. */
function connectMs(host: string, port: number): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (): void => {
      resolve(performance.now() - startMs);
      socket.destroy();
    };
    socket.once('connect', done);
    socket.once('error', done);
  });
}

/** The least of several: what else this machine does only adds. */
async function leastConnectMs(host: string, port: number, count = 8): Promise<number> {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i += 1) leastMs = Math.min(leastMs, await connectMs(host, port));
  return leastMs;
}

function getTrusted(url: string): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca: testCerts().ca.certPem, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
  });
}

real('a link to this network', ['netns', 'nginx'], () => {
  let link: Link;
  let nginx: Nginx;
  beforeAll(async () => {
    link = await openLink({ near: 'host', seed: 7 });
    nginx = await startNginx({ root: '/usr/share', ns: link.nsB, host: link.addrB });
  });
  afterAll(async () => {
    await nginx?.close();
    await link?.close();
  });

  test('a delay counts once in each direction that has it, and is gone when it is taken away', async () => {
    await withMoreTime(20, async (ms) => {
      await link.setDelay(ms);
      const both = await leastConnectMs(link.addrB, nginx.httpPort);
      await link.setDelay(0, 'ab');
      const back = await leastConnectMs(link.addrB, nginx.httpPort);
      await link.setDelay(0);
      const none = await leastConnectMs(link.addrB, nginx.httpPort);
      expect(both).toBeGreaterThanOrEqual(2 * ms);
      expect(back).toBeGreaterThanOrEqual(ms);
      expect([none, back, both].toSorted((one, other) => one - other)).toEqual([none, back, both]);
    });
  });

  test('fractions of a millisecond count', async () => {
    await link.setDelay(2.25);
    expect(await leastConnectMs(link.addrB, nginx.httpPort, 40)).toBeGreaterThanOrEqual(4.5);
    await link.setDelay(0);
  });

  test('all lost is a black hole: neither an answer nor a refusal', async () => {
    await link.setLoss(1);
    let ended = false;
    const tried = connectMs(link.addrB, nginx.httpPort).then(() => {
      ended = true;
    });
    // What was under way before may still pass beside the first loss; then the kernel tries again, and again in vain.
    let before = (await until('a packet is lost', link.stats, ({ ab }) => ab.lost > 0)).ab;
    await until('another is lost and none has passed', link.stats, ({ ab }) => {
      if (ab.lost === before.lost) return false;
      const isAlone = ab.passed === before.passed;
      before = ab;
      return isAlone;
    });
    expect(ended).toBe(false);
    // The same connection, sent again by the kernel, is answered once nothing is lost.
    await link.setLoss(0);
    await tried;
  });

  test('a share of loss drops about that share, the same packets for the same seed', async () => {
    const lostOf100 = async (): Promise<number> => {
      const other = await openLink({ near: 'host', loss: 0.2, seed: 11 });
      try {
        const script = `const s=require('dgram').createSocket('udp4');let n=0;
          const next=()=>{if(n===100)return s.close();n++;s.send('x',9,'${other.addrB}',()=>setTimeout(next,1))};next()`;
        await other.exec(null, process.execPath, ['-e', script]);
        // Nobody listens there: the far end answers with ICMP packets, which are the other direction's.
        const { ab } = await until('all of them', other.stats, (stats) => stats.ab.passed + stats.ab.lost >= 100);
        expect(ab.passed + ab.lost).toBe(100);
        return ab.lost;
      } finally {
        await other.close();
      }
    };
    const lost = await lostOf100();
    expect(lost).toBeGreaterThan(5);
    expect(lost).toBeLessThan(40);
    expect(await lostOf100()).toBe(lost);
  });

  test('a command that is none is refused, and the link stays', async () => {
    await expect(link.setLoss(2)).rejects.toThrow('loss is a share from 0 to 1');
    await expect(link.setDelay(-1)).rejects.toThrow('want a number from 0 up');
    expect(await connectMs(link.addrB, nginx.httpPort)).toBeGreaterThan(0);
  });
});

real('a link between two namespaces', ['netns'], () => {
  test('is the only way out of them, and is gone after close', async () => {
    const link = await openLink({ delayMs: 25 });
    const before = await run('ip', ['netns', 'list']);
    const ask = `const t=performance.now();const s=require('net').connect(9,'${link.addrB}');s.on('error',(e)=>console.log(JSON.stringify([e.code,performance.now()-t])))`;
    const through = await link.exec(link.nsA, process.execPath, ['-e', ask]);
    const outside = await link.exec(link.nsA, process.execPath, ['-e', ask.replace(link.addrB, '192.0.2.1')]);
    const onwards = await openLink({ near: { ns: link.nsB }, delayMs: 1 });
    expect(onwards.nsA).toBe(link.nsB);
    await onwards.close();
    await link.close();
    await link.close();
    const after = await run('ip', ['netns', 'list']);
    const [code, tookMs] = JSON.parse(through.stdout) as [string, number];
    expect(code).toBe('ECONNREFUSED');
    expect(tookMs).toBeGreaterThanOrEqual(50);
    expect(JSON.parse(outside.stdout)[0]).toBe('ENETUNREACH');
    expect(before.stdout).toContain(link.nsB);
    expect(after.stdout).not.toContain(link.nsB);
    expect(after.stdout).not.toContain(link.nsA);
  });
});

real('mirrors of the real module tree', ['nginx', 'tree', 'go', 'goproxy'], () => {
  const quote = 'rsc.io/quote@v1.5.2';
  const quoteSum = {
    id: quote,
    sum: 'h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=',
    goModSum: 'h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=',
  };
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx({ root: moduleTree().dir, prefix: '/goproxy/' });
  });
  afterAll(async () => {
    await nginx?.close();
  });

  test('nginx serves every file of every module over TLS, under its base path', async () => {
    const tree = moduleTree();
    const types = { list: 'text/plain', info: 'application/json', mod: 'text/plain', zip: 'application/zip' } as const;
    for (const module of tree.modules) {
      for (const what of ['list', 'info', 'mod', 'zip'] as const) {
        const answer = await getTrusted(`${nginx.httpsUrl}/${treePath(module, what)}`);
        expect([answer.status, answer.type], treePath(module, what)).toEqual([200, types[what]]);
        if (what === 'list') expect(answer.body.split('\n')).toContain(module.version);
        if (what === 'info') expect(JSON.parse(answer.body).Version).toBe(module.version);
        if (what === 'mod') expect(answer.body).toContain(module.path);
        if (what === 'zip') expect(answer.body.slice(0, 2)).toBe('PK');
      }
    }
    expect((await getTrusted(`${nginx.httpsUrl}/rsc.io/quote/@latest`)).status).toBe(404);
    // It is written after the answer.
    await until('its line', nginx.accessLog, (log) => log.includes(' 404 '));
  });

  test('nginx refuses who shows no certificate where one is wanted', async () => {
    const strict = await startNginx({ root: moduleTree().dir, clientCaFile: testCerts().ca.certFile });
    expect((await getTrusted(`${strict.httpsUrl}/rsc.io/quote/@v/list`)).status).toBe(400);
    await strict.close();
  });

  test('the go client downloads from nginx, with checksums by the relay of the tree', async () => {
    const got = await goDownload([quote], { goproxy: nginx.httpsUrl, sumdb: { relayed: true } });
    expect(got.stderr).toBe('');
    expect(got.modules).toEqual([quoteSum]);
    const lookup = `/sumdb/${moduleTree().sumdbName}/lookup/rsc.io/quote@v1.5.2`;
    await until('the relay was asked', nginx.accessLog, (log) => log.includes(lookup));
  });

  test('the go client downloads from goproxy in front of nginx, and again from its cache when nginx is gone', async () => {
    const upstream = await startNginx({ root: moduleTree().dir });
    const goproxy = await startGoproxy({
      upstream: upstream.httpsUrl,
      relays: { [moduleTree().sumdbName]: `${upstream.httpsUrl}/sumdb/${moduleTree().sumdbName}` },
      tls: true,
    });
    const first = await goDownload([quote], { goproxy: goproxy.url, sumdb: { relayed: true } });
    await upstream.kill();
    const second = await goDownload([quote], { goproxy: goproxy.url });
    const other = await goDownload(['rsc.io/sampler@v1.3.0'], { goproxy: goproxy.url });
    await goproxy.close();
    expect([first.stderr, first.modules]).toEqual(['', [quoteSum]]);
    expect(second.modules).toEqual([quoteSum]);
    expect(readdirSync(moduleTree().dir)).toContain('sumdb');
    expect([other.code, other.modules]).toEqual([1, []]);
  });

  test('the go client trusts a fake mirror and its database, and refuses bytes that the database does not know', async () => {
    const honest = await startFakeMirror({ tls: true });
    const key = honest.sumdb?.verifierKey ?? '';
    const ids = honest.modules.flatMap(({ path, versions }) => versions.map(({ version }) => `${path}@${version}`));
    const good = await goDownload(ids, { goproxy: honest.url, sumdb: key });
    await honest.close();
    const edit = (lines: string, id: string): string =>
      id === 'example.com/hello@v1.0.0' ? lines.replace(/h1:.{4}/, 'h1:AAAA') : lines;
    const forged = await startFakeMirror({ tls: true, sumdb: makeSumdb(fakeSumdbName, syntheticModules, edit) });
    const bad = await goDownload(['example.com/hello@v1.0.0'], { goproxy: forged.url, sumdb: key });
    await forged.close();
    expect(good.stderr).toBe('');
    expect(good.modules.map(({ id }) => id)).toEqual(ids);
    // The hashes of the fact sheet, 1.9.
    expect(good.modules[0]).toEqual({
      id: 'example.com/hello@v1.0.0',
      sum: 'h1:jt2NgtYnh3F8L34M4WvDCVmpFaNqNWwZYofpnaS9ePc=',
      goModSum: 'h1:NnGvEkTHyKKlgPcQSue0skqyqiS1EfBSAh+0WaWZYmE=',
    });
    expect(bad.code).toBe(1);
    expect(`${bad.stdout}${bad.stderr}`).toContain('checksum mismatch');
  });
});

real('prometheus and alertmanager', ['prometheus', 'alertmanager'], () => {
  test('a scraped number answers a query, and a bad query says why', async () => {
    const server = createServer((_, response) => {
      response
        .setHeader('content-type', 'text/plain; version=0.0.4')
        .end('mw_smoke{kind="a"} 42\nmw_smoke{kind="b"} NaN\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const alertmanager = await startAlertmanager();
    const prometheus = await startPrometheus({
      targets: [target],
      intervalMs: 200,
      alertmanager: alertmanager.address,
    });
    const samples = await prometheus.waitForQuery('mw_smoke');
    const targets = await prometheus.targets();
    await expect(prometheus.query('sum by (')).rejects.toThrow('parse error');
    await expect(prometheus.waitForQuery('mw_absent', undefined, 1)).rejects.toThrow('is still []');
    expect(await alertmanager.alerts()).toEqual([]);
    await prometheus.close();
    await alertmanager.close();
    server.close();
    const labels = { __name__: 'mw_smoke', instance: target, job: 'mirrorwatch' };
    expect(samples).toEqual([
      { metric: { ...labels, kind: 'a' }, value: 42 },
      { metric: { ...labels, kind: 'b' }, value: Number.NaN },
    ]);
    expect(targets).toEqual([{ url: `http://${target}/metrics`, health: 'up', error: '' }]);
  });
});

real('dnsmasq', ['dnsmasq'], () => {
  test('serves the configured responses, 404 for missing ones, and refuses the rest', async () => {
    const dnsmasq = await startDnsmasq({
      addresses: { 'mirror.example.com': ['127.0.0.1', '127.0.0.2'] },
      missing: ['gone.example.com'],
    });
    const resolver = new Resolver({ timeout: patienceMs, tries: 1 });
    resolver.setServers([dnsmasq.address]);
    const found = await resolver.resolve4('mirror.example.com');
    const missing = await resolver.resolve4('gone.example.com').catch((error: NodeJS.ErrnoException) => error.code);
    const unknown = await resolver.resolve4('other.invalid').catch((error: NodeJS.ErrnoException) => error.code);
    await until('its log', dnsmasq.log, (log) => log.includes('query[A] mirror.example.com'));
    await dnsmasq.close();
    expect([...found].sort()).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(missing).toBe('ENOTFOUND');
    expect(unknown).toBe('EREFUSED');
  });
});

real('blackbox_exporter', ['blackbox'], () => {
  test('probes a fake mirror over TLS that it trusts', async () => {
    const mirror = await startFakeMirror({ tls: true });
    const blackbox = await startBlackbox();
    const page = await blackbox.probe(`${mirror.url}/example.com/hello/@v/v1.0.0.mod`);
    await mirror.setFault({ kind: 'certificate', which: 'expired' });
    const distrust = await blackbox.probe(`${mirror.url}/example.com/hello/@v/v1.0.0.mod`);
    await blackbox.close();
    await mirror.close();
    expect(page).toContain('\nprobe_success 1\n');
    expect(distrust).toContain('\nprobe_success 0\n');
    expect(mirror.requests.map(({ path }) => path)).toEqual(['/example.com/hello/@v/v1.0.0.mod']);
  });
});
