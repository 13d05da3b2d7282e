import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Config } from '../../src/core/config.ts';
import type { Auth, Mirror } from '../../src/core/mirror.ts';
import { Secret } from '../../src/core/secret.ts';
import { testCerts } from '../support/certs.ts';
import { type ClientNow, runClientNow } from '../support/client-now.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { startNginx } from '../support/nginx.ts';
import { packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { makeOciImage } from '../support/oci-image.ts';
import { startOciRegistry } from '../support/oci-registry.ts';
import { skopeoPush } from '../support/oci-skopeo.ts';
import { commandDirs, tempDir } from '../support/paths.ts';
import { tinyWheel } from '../support/pypi-index.ts';
import { real } from '../support/requires.ts';
import { sampleConfig, sampleMirror } from '../support/sample-config.ts';

// Each client with a mirror that asks for a login: what stands in the run's files reaches it, and nothing else lets in.

const facts = {
  version: '0.0.0-test',
  node: process.version,
  log: { level: 'error', pretty: false },
  path: commandDirs.join(':'),
};
const secret = 'hunter-of-the-north';
const basic: Auth = { scheme: 'basic', username: 'robot', secret: new Secret(secret), hosts: [] };
const wrong: Auth = { ...basic, secret: new Secret('somebody else') };
const word = Buffer.from(`robot:${secret}`).toString('base64');
/** Lines for nginx: whoever does not say it is asked for a login. */
const locked = `if ($http_authorization != "Basic ${word}") { return 401; }`;

const config: Config = {
  ...sampleConfig(),
  settings: { go: { sumdb: null }, oci: { platform: { os: 'linux', architecture: 'amd64', variant: null } } },
  clientRuns: { everyMs: 1, pairs: [], leftOut: [], timeoutMs: 600_000, user: null },
};
const open: { close(): Promise<void> }[] = [];
async function keep<T extends { close(): Promise<void> }>(started: Promise<T>): Promise<T> {
  const one = await started;
  open.unshift(one);
  return one;
}
afterAll(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** What came of a run with these credentials: its outcome, and whether its words hold any of them. */
async function ranWith(
  auth: Auth,
  mirror: Partial<Mirror>,
  ask: { readonly client: string; readonly module: string; readonly version: string },
): Promise<ClientNow['outcome']> {
  const plain = sampleMirror('locked', mirror);
  const one = { ...plain, access: { ...plain.access, auth } };
  const run = await runClientNow(config, { mirror: one, ...ask }, facts);
  expect(JSON.stringify(run)).not.toContain(secret);
  expect(JSON.stringify(run)).not.toContain(word);
  return run.outcome;
}

real('go', ['go', 'nginx', 'tree'], () => {
  test('logs in over TLS by netrc', async () => {
    const nginx = await keep(startNginx({ root: moduleTree().dir, extra: locked }));
    const ca = [readFileSync(testCerts().ca.certFile, 'utf8')];
    const { access } = sampleMirror('a');
    const mirror = { url: nginx.httpsUrl.replace(/\/$/, ''), access: { ...access, tls: { ...access.tls, ca } } };
    const ask = { client: 'go', module: 'rsc.io/quote', version: 'v1.5.2' };
    expect(await ranWith(basic, mirror, ask)).toBe('ok');
    expect(await ranWith(wrong, mirror, ask)).toBe('failed');
  });
});

real('npm', ['npm'], () => {
  test('shows a token', async () => {
    const packages = [packPackage({ name: 'hello', version: '1.0.0' })];
    const { url } = await keep(startNpmRegistry({ packages, token: secret }));
    const token: Auth = { scheme: 'bearer', username: '', secret: new Secret(secret), hosts: [] };
    const mirror = { ecosystem: 'npm', upstream: 'npm', url };
    const ask = { client: 'npm', module: 'hello', version: '1.0.0' };
    expect(await ranWith(token, mirror, ask)).toBe('ok');
    expect(await ranWith({ ...token, secret: new Secret('somebody else') }, mirror, ask)).toBe('failed');
  });
});

real('pip and uv', ['pip', 'uv', 'nginx'], () => {
  test.each(['pip', 'uv'])('%s logs in by netrc', async (client) => {
    const dir = tempDir('locked-index');
    const wheel = tinyWheel('tiny', '1.0');
    mkdirSync(join(dir, 'files'));
    writeFileSync(join(dir, 'files', wheel.file), wheel.bytes);
    writeFileSync(
      join(dir, 'page.html'),
      `<!DOCTYPE html><html><body><a href="../../files/${wheel.file}#sha256=${wheel.sha256}">${wheel.file}</a></body></html>`,
    );
    const page = `rewrite ^/simple/tiny/$ /page last; location = /page { default_type text/html; types { } alias ${dir}/page.html; }`;
    const nginx = await keep(startNginx({ root: dir, extra: `${locked} ${page}` }));
    const mirror = { ecosystem: 'pypi', upstream: 'pypi', url: `${nginx.httpUrl.replace(/\/$/, '')}/simple` };
    const ask = { client, module: 'tiny', version: '1.0' };
    expect(await ranWith(basic, mirror, ask)).toBe('ok');
    expect(await ranWith(wrong, mirror, ask)).toBe('failed');
  });
});

real('skopeo', ['skopeo', 'registry', 'nginx'], () => {
  test('logs in by an auth file', async () => {
    const image = makeOciImage();
    const registry = await keep(startOciRegistry());
    await skopeoPush(image, registry.host, 'library/tiny');
    const dir = tempDir('locked-registry');
    const asks = `add_header WWW-Authenticate 'Basic realm="here"' always; return 401;`;
    const relay = `proxy_pass ${registry.url}; proxy_set_header Host $http_host;`;
    const extra = `location /v2/ { if ($http_authorization != "Basic ${word}") { ${asks} } ${relay} }`;
    const nginx = await keep(startNginx({ root: dir, prefix: '/files/', extra }));
    const mirror = { ecosystem: 'oci', upstream: 'docker.io', url: nginx.httpUrl.replace(/\/files\/?$|\/$/, '') };
    const ask = { client: 'skopeo', module: 'docker.io/library/tiny', version: '1' };
    expect(await ranWith(basic, mirror, ask)).toBe('ok');
    expect(await ranWith(wrong, mirror, ask)).toBe('failed');
  });
});
