import { expect, test } from 'vitest';
import { digestOf } from '../../../../src/ecosystems/oci/digest.ts';
import { endAfterEach, serve, watch } from '../../../daemon/with-servers.ts';

const layer = Buffer.alloc(300_000, 'layer');
const { text: layerDigest } = digestOf('sha256', layer);
const part = { mediaType: 'l', digest: layerDigest, size: layer.length };
const manifest = JSON.stringify({ schemaVersion: 2, config: part, layers: [part] });
const type = 'application/vnd.oci.image.manifest.v1+json';
const { text: digest } = digestOf('sha256', Buffer.from(manifest));

endAfterEach();

/** A registry on loopback that wants a token, which it gives itself; it is well until `isDown`. */
async function registry(isDown: () => boolean) {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    const path = request.url ?? '';
    asked.push(`${request.method} ${path}`);
    const own = `http://${request.headers.host}`;
    if (isDown()) response.writeHead(503).end();
    else if (path.startsWith('/token')) response.end('{"token":"t","expires_in":300}');
    else if (request.headers.authorization !== 'Bearer t')
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${own}/token",service="s"` }).end();
    else if (path.includes('/blobs/')) response.end(layer);
    else response.writeHead(200, { 'content-type': type, 'docker-content-digest': digest }).end(manifest);
  });
  return { url, asked };
}

test('a daemon watches mirrors of a registry, verifies, keeps tokens, and advises each client of its own lines', async () => {
  let isDown = false;
  const near = await registry(() => isDown);
  const far = await registry(() => false);
  const { until, get } = await watch(`
listen: 127.0.0.1:10120
schedule: { every: 100ms, timeout: 30s, perHost: 8 }
steps: { v2: 300ms, manifest: 300ms, blob: 500ms }
mirrors:
  - { name: near, ecosystem: oci, upstream: docker.io, url: "${near.url}", weight: 100 }
  - { name: far, ecosystem: oci, upstream: docker.io, url: "${far.url}", weight: 50 }
controls: [ "${far.url}" ]
modules: { oci: [ "team/app@${digest}" ] }
detect: { outage: { over: 300ms } }
state: { path: ":memory:" }
`);
  const metrics = async (): Promise<string> => (await get('/metrics')).text;
  const attempts = (name: string, step: string): RegExp =>
    new RegExp(
      `^mirror_probe_attempts_total\\{ecosystem="oci",registry="${name}",[^}]*step="${step}"\\} [1-9]\\d*`,
      'm',
    );
  for (const name of ['near', 'far'])
    for (const step of ['v2', 'digest', 'manifest', 'blob'])
      await until(`${step} of ${name}`, async () => attempts(name, step).test(await metrics()));
  await until('bytes are verified', async () =>
    /^mirror_integrity_verified_total\{ecosystem="oci",registry="near",[^}]*\} [1-9]/m.test(await metrics()),
  );
  const tokens = (): number => far.asked.filter((line) => line.includes('/token')).length;
  // Steps that begin together ask for one each; from then on the one that was kept serves all.
  const [first, before] = [tokens(), far.asked.length];
  expect(first).toBeLessThanOrEqual(3);
  await until('far is measured well enough', () => far.asked.length > before + 20);
  expect(tokens()).toBe(first);
  expect(await metrics()).not.toMatch(/^mirror_probe_failures_total\{ecosystem="oci"[^}]*\} [1-9]/m);
  expect(far.asked).toContain(`HEAD /v2/team/app/manifests/${digest}?ns=docker.io`);
  isDown = true;
  const remedy = (form: string) => get(`/api/v1/advice/oci/remedy?upstream=docker.io&as=${form}`);
  await until('advised', async () => (await remedy('json')).status === 200);
  const host = far.url.replace('http://', '');
  expect((await remedy('hosts.toml')).text).toBe(`# /etc/containerd/certs.d/docker.io/hosts.toml
[host."${far.url}"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "3s"
`);
  expect((await remedy('registries.conf')).text).toContain(
    `[[registry.mirror]]\nlocation = "${host}"\ninsecure = true`,
  );
  expect(JSON.parse((await remedy('daemon.json')).text)).toEqual({
    'registry-mirrors': [far.url],
    'insecure-registries': [host],
  });
  expect(Object.keys(JSON.parse((await remedy('json')).text))).toEqual(
    expect.arrayContaining(['hosts.toml', 'registries.conf', 'daemon.json']),
  );
  expect((await remedy('env')).status).toBe(406);
});
