import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { WireAccess } from '../../../../src/core/ports.ts';
import { digestOf } from '../../../../src/ecosystems/oci/digest.ts';
import { probeOci } from '../../../support/oci-probe.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Heard = { readonly url: string; readonly authorization: string | undefined };

/** A server on loopback that writes down what it was asked, and with whose credentials. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    heard.push({ url: request.url ?? '', authorization: request.headers.authorization });
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, heard };
}

const layer = Buffer.from('layer');
const { text: layerDigest } = digestOf('sha256', layer);
const part = { mediaType: 'l', digest: layerDigest, size: layer.length };
const manifest = JSON.stringify({ schemaVersion: 2, config: part, layers: [part] });
const typed = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };

const probeOnce = (url: string, access: Partial<WireAccess>) => probeOci(url, 'blob', 'ghcr.io/team/app', '1', access);

/** A registry that wants a token, whose token server and storage are elsewhere. */
async function threeHosts(storageUrl?: string) {
  const storage = await serve((_, response) => response.end(layer));
  const auth = await serve((_, response) => response.end(JSON.stringify({ token: 'granted' })));
  const registry = await serve((request, response) => {
    if (request.headers.authorization !== 'Bearer granted')
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${auth.url}/token",service="s"` }).end();
    else if (request.url?.includes('/blobs/'))
      response.writeHead(307, { location: `${storageUrl ?? storage.url}/signed?x=1` }).end();
    else response.writeHead(200, typed).end(manifest);
  });
  return { storage, auth, registry };
}

const login = { scheme: 'basic', username: 'robot', secret: 'hunter2', hosts: [] } as const;
const basic = `Basic ${Buffer.from('robot:hunter2').toString('base64')}`;

describe('credentials', () => {
  test('of the registry reach neither a foreign token server nor the storage; the token reaches the registry alone', async () => {
    const { storage, auth, registry } = await threeHosts();
    const { sample } = await probeOnce(registry.url, { auth: login });
    expect(sample.outcome).toEqual({ tag: 'ok' });
    expect(auth.heard).toEqual([
      { url: '/token?service=s&scope=repository%3Ateam%2Fapp%3Apull', authorization: undefined },
    ]);
    expect(storage.heard).toEqual([{ url: '/signed?x=1', authorization: undefined }]);
    expect(registry.heard.map(({ url, authorization }) => `${url} ${authorization}`)).toEqual([
      `/v2/ ${basic}`,
      '/v2/team/app/manifests/1 Bearer granted',
      `/v2/team/app/blobs/${layerDigest} Bearer granted`,
    ]);
  });

  test('reach a token server that auth.hosts names', async () => {
    const { auth, registry } = await threeHosts();
    await probeOnce(registry.url, { auth: { ...login, hosts: [auth.host] } });
    expect(auth.heard.map(({ authorization }) => authorization)).toEqual([basic]);
  });

  test('are in no transcript', async () => {
    const { registry } = await threeHosts();
    expect(JSON.stringify(await probeOnce(registry.url, { auth: login }))).not.toMatch(/granted|hunter2|cm9ib3Q6/);
  });
});

describe('private addresses', () => {
  test('a token server there is not asked', async () => {
    const registry = await serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://10.0.0.1/token"' }).end(),
    );
    const { sample } = await probeOnce(registry.url, {});
    expect(sample.outcome).toEqual({ tag: 'failed', failure: { kind: 'forbidden_target', hops: 1 } });
  });

  test('a storage there is not asked', async () => {
    const { registry } = await threeHosts('http://169.254.169.254');
    const { sample } = await probeOnce(registry.url, {});
    expect(sample.outcome).toEqual({ tag: 'failed', failure: { kind: 'forbidden_target', hops: 2 } });
  });
});
