import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { replyWith } from '../../src/advise/comparison/walk.ts';
import type { Reply } from '../../src/ecosystems/client.ts';
import { podman } from '../../src/ecosystems/oci/clients.ts';
import { type RealDaemon, startRealDaemon } from '../daemon/real-daemon.ts';
import { testCerts } from '../support/certs.ts';
import { makeOciImage, type OciImage } from '../support/oci-image.ts';
import { probeOci } from '../support/oci-probe.ts';
import { type OciRegistry, startOciRegistry } from '../support/oci-registry.ts';
import { skopeoPull, skopeoPush } from '../support/oci-skopeo.ts';
import { startOciTokenServer } from '../support/oci-token-server.ts';
import { real } from '../support/requires.ts';

/** A registry that is never there: what stands behind the mirrors cannot be reached from here. */
const upstream = '127.0.0.9';
const repository = 'team/app';

function chainOf(text: string) {
  const chain = podman.parse(text);
  if (chain.tag === 'error') throw new Error(chain.error.kind);
  return chain.value;
}

/** The registries.conf that we would have people paste for these mirrors. */
const confOf = (text: string): string =>
  podman.remedy(chainOf(text), chainOf(text), [], { upstream }).remedy['registries.conf'] ?? '';

real('registries of images, with docker-registry and skopeo', ['registry', 'skopeo'], () => {
  let image: OciImage;
  let good: OciRegistry;
  beforeAll(async () => {
    image = makeOciImage();
    good = await startOciRegistry();
    await skopeoPush(image, good.host, repository);
  });
  afterAll(async () => good?.close());

  describe('skopeo walks its mirrors as the model does', () => {
    const servers: Server[] = [];
    afterEach(() => {
      for (const server of servers.splice(0)) {
        server.closeAllConnections();
        server.close();
      }
    });

    type Misdeed = (respond: import('node:http').ServerResponse) => void;
    const says =
      (status: number, body = '{"errors":[]}', headers: Record<string, string> = {}): Misdeed =>
      (respond) => {
        respond.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      };
    const manifestType = 'application/vnd.oci.image.manifest.v1+json';

    /** A mirror whose root is well and whose manifests are not. */
    async function bad(misdeed: Misdeed): Promise<string> {
      const server = createServer((request, respond) => {
        if (/^\/v2\/?$/.test(request.url ?? '')) says(200, '{}')(respond);
        else misdeed(respond);
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    const failed = (status: number | null): Reply => ({
      tag: status === 404 || status === 410 ? 'gone' : 'failed',
      tookMs: 1,
      status,
    });
    test.each<readonly [string, Misdeed, Reply, string]>([
      ['404', says(404), failed(404), ':1'],
      ['410', says(410), failed(410), ':1'],
      ['401 without a challenge', says(401), failed(401), ':1'],
      ['403', says(403), failed(403), ':1'],
      ['429', says(429, '{}', { 'retry-after': '1' }), failed(429), ':1'],
      ['500', says(500), failed(500), ':1'],
      ['503', says(503), failed(503), ':1'],
      ['a connection that is closed', (respond) => respond.destroy(), failed(null), ':1'],
      [
        'a manifest that is cut',
        (respond) => {
          respond.writeHead(200, { 'content-type': manifestType, 'content-length': '1000' });
          respond.write('{"schemaVersion":2,', () => setTimeout(() => respond.destroy(), 50));
        },
        { tag: 'failed', tookMs: 1, status: 200, isCut: true },
        ':1',
      ],
      ['a page in place of the manifest', says(200, '<html>', { 'content-type': 'text/html' }), failed(200), ':1'],
      [
        'other bytes than the digest',
        says(200, '{"schemaVersion":2,"layers":[]}', { 'content-type': manifestType }),
        failed(200),
        'digest',
      ],
    ])('%s', async (_, misdeed, reply, version) => {
      const first = await bad(misdeed);
      const text = `${first}|${good.url}`;
      const walked = podman.walk(chainOf(text), (member) =>
        member.plain === first ? reply : { tag: 'ok', tookMs: 1 },
      );
      const name = `${upstream}/${repository}${version === 'digest' ? `@${image.listDigest}` : version}`;
      const pulled = await skopeoPull(name, confOf(`${text}|direct`), image);
      expect({ real: pulled.hasLayer ? 'ok' : 'failed', said: pulled.stderr }).toEqual({
        real: walked.tag,
        said: expect.anything(),
      });
      expect(pulled.code === 0).toBe(pulled.hasLayer);
    });

    /** A mirror whose manifests are well, and whose layers are not. */
    async function without(misdeed: Misdeed): Promise<string> {
      const server = createServer(async ({ url = '', method = 'GET', headers }, respond) => {
        if (/\/blobs\//.test(url) && url.includes(image.layerDigest)) return misdeed(respond);
        const { accept = '*/*' } = headers;
        const passed = await fetch(`${good.url}${url}`, { method, headers: { accept } });
        respond.writeHead(passed.status, Object.fromEntries(passed.headers));
        respond.end(Buffer.from(await passed.arrayBuffer()));
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    test.each([
      [404, '{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}'],
      [403, '{"errors":[{"code":"DENIED","message":"held"}]}'],
      [503, '{"errors":[]}'],
    ])('a layer refused with %i, by the mirror of the manifest', async (status, body) => {
      const first = await without(says(status, body));
      const text = `${first}|${good.url}`;
      const refused = replyWith('status', status, 1, { weight: 'heavy' });
      const walked = podman.walk(chainOf(text), ({ plain }) => (plain === first ? refused : { tag: 'ok', tookMs: 1 }));
      const pulled = await skopeoPull(`${upstream}/${repository}:1`, confOf(`${text}|direct`), image);
      expect({ real: pulled.hasLayer ? 'ok' : 'failed', said: pulled.stderr }).toEqual({
        real: walked.tag,
        said: expect.anything(),
      });
    });

    test('but a mirror that takes the connection and says nothing holds it until it gives up', async () => {
      const text = `${await bad(() => undefined)}|${good.url}|direct`;
      const pulled = await skopeoPull(`${upstream}/${repository}:1`, confOf(text), image, 4);
      expect(pulled).toMatchObject({ code: 1, hasLayer: false });
      expect(pulled.stderr).toContain('context deadline exceeded');
    });
  });

  describe('what a registry asks of those who come', () => {
    const steps = ['v2', 'digest', 'manifest', 'blob'] as const;
    const well = { tag: 'ok' } as const;

    test('tokens of another server: each step gets its own, and a layer is verified', async () => {
      const tokens = await startOciTokenServer();
      const registry = await startOciRegistry({ tokens: tokens.url });
      try {
        await skopeoPush(image, registry.host, repository);
        const pushed = tokens.asked.length;
        for (const step of steps) {
          const { sample } = await probeOci(registry.url, step, `ghcr.io/${repository}`, image.listDigest);
          expect(sample.outcome, step).toEqual(well);
          if (step === 'blob') expect(sample.facts.verified?.digest).toBe(image.layerDigest);
        }
        // The root says who gives tokens, and is asked without one.
        expect(tokens.asked.slice(pushed)).toEqual(Array(3).fill(`repository:${repository}:pull`));
        tokens.close();
        const { sample } = await probeOci(registry.url, 'digest', `ghcr.io/${repository}`, '1');
        expect(sample.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'refused' } });
      } finally {
        tokens.close();
        await registry.close();
      }
    });

    test('a certificate: with ours it is well, without one the handshake says so', async () => {
      const registry = await startOciRegistry({ mutualTls: true });
      const { client } = testCerts();
      try {
        const ours = { client: { cert: client.certPem, key: client.keyPem } };
        expect((await probeOci(registry.url, 'v2', '', '', ours)).sample.outcome).toEqual(well);
        expect((await probeOci(registry.url, 'v2', '', '')).sample.outcome).toMatchObject({
          tag: 'failed',
          failure: { kind: 'tls_client' },
        });
      } finally {
        await registry.close();
      }
    });
  });

  describe('the preferred mirror dies', () => {
    let running: RealDaemon | null = null;
    let near: OciRegistry | null = null;
    afterEach(async () => {
      await running?.daemon.stop();
      running = null;
      await near?.close();
    });

    test('and with our lines skopeo pulls, where the declared ones fail', async () => {
      near = await startOciRegistry({ upstream: good.url });
      running = await startRealDaemon(`
listen: 127.0.0.1:10120
schedule: { every: 100ms, timeout: 30s, perHost: 8 }
steps: { v2: 500ms, manifest: 500ms, blob: 1s }
mirrors:
  - { name: near, ecosystem: oci, upstream: "${upstream}", url: "${near.url}", weight: 100 }
  - { name: far, ecosystem: oci, upstream: "${upstream}", url: "${good.url}", weight: 50 }
controls: [ "${good.url}" ]
modules: { oci: [ "${upstream}/${repository}@${image.listDigest}" ] }
detect: { outage: { over: 300ms } }
state: { path: ":memory:" }
`);
      const { until, get } = running;
      const metrics = async (): Promise<string> => (await get('/metrics')).text;
      for (const [registry, step] of [
        ['near', 'digest'],
        ['far', 'digest'],
        ['near', 'manifest'],
        ['far', 'blob'],
        ['near', 'v2'],
      ] as const)
        await until(`${step} of ${registry} is well`, async () =>
          new RegExp(
            `^mirror_probe_attempts_total\\{ecosystem="oci",registry="${registry}",[^}]*step="${step}"\\} \\d\\d?`,
            'm',
          ).test(await metrics()),
        );
      await until('bytes are verified', async () =>
        /^mirror_integrity_verified_total\{ecosystem="oci",registry="near",[^}]*\} [1-9]/m.test(await metrics()),
      );
      expect(await metrics()).not.toMatch(/^mirror_probe_failures_total\{ecosystem="oci"[^}]*\} [1-9]/m);
      const name = `${upstream}/${repository}:1`;
      const declared = confOf(`${near.url}|direct`);
      expect(await skopeoPull(name, declared, image)).toMatchObject({ code: 0, hasLayer: true });
      await near.kill();
      const remedy = () => get(`/api/v1/advice/oci/remedy?upstream=${upstream}&as=registries.conf`);
      await until('advised', async () => (await remedy()).status === 200);
      const advised = (await remedy()).text;
      const before = await skopeoPull(name, declared, image);
      const after = await skopeoPull(name, advised, image);
      console.info(
        `declared:\n${declared}\n→ ${before.code} ${before.stderr}\nadvised:\n${advised}→ ${after.code} ${after.stdout}`,
      );
      expect(before).toMatchObject({ hasLayer: false });
      expect(after).toMatchObject({ code: 0, hasLayer: true });
      expect((await get(`/api/v1/advice/oci/remedy?upstream=${upstream}&as=hosts.toml`)).text).toContain(good.url);
    });
  });
});
