import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../../test/support/answer.ts';
import { buildTar } from '../../test/support/archives.ts';
import { type Containerd, startContainerd } from '../../test/support/containerd.ts';
import { commandPath, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { run } from '../../test/support/process.ts';
import { commonRows, ownRows } from './common.ts';
import { drawn } from './drawn.ts';
import { type Kind, printedVersion, type RealClient, type Row } from './kind.ts';
import { later } from './later.ts';
import { wire } from './wire.ts';

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const repository = 'team/odd';

const types = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const;

interface Image {
  readonly manifest: Buffer;
  readonly index: Buffer;
  /** Config and layers by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly layers: readonly string[];
  readonly types: (typeof types)[keyof typeof types];
}

function imageOf(family: keyof typeof types, files: readonly string[]): Image {
  const of = types[family];
  const tars = files.map((name) => buildTar([[name, name]]));
  const layers = tars.map((tar) => gzipSync(tar));
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
    history: [],
  });
  const entry = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) });
  const manifest = json({
    schemaVersion: 2,
    mediaType: of.manifest,
    config: entry(of.config, config),
    layers: layers.map((layer) => entry(of.layer, layer)),
  });
  const platform = { architecture: 'amd64', os: 'linux' };
  const index = json({
    schemaVersion: 2,
    mediaType: of.index,
    manifests: [{ ...entry(of.manifest, manifest), platform }],
  });
  const blobs = new Map([config, ...layers].map((bytes) => [digestOf(bytes), bytes]));
  return { manifest, index, blobs, layers: layers.map(digestOf), types: of };
}

const servers: Readonly<Record<string, Image>> = {
  oci: imageOf('oci', ['a']),
  docker: imageOf('docker', ['a']),
  index: imageOf('oci', ['a']),
  token: imageOf('oci', ['a']),
  // The first layer is the larger one.
  layers: imageOf('oci', ['first-0123456789', 'b']),
};

function imageAt(server = 'oci'): Image {
  const image = servers[server];
  if (image === undefined) throw new Error(server);
  return image;
}

const errors = (code: string): Buffer => Buffer.from(JSON.stringify({ errors: [{ code, message: code }] }));
const apiJson = { 'content-type': 'application/json' };

function right(
  { path, headers }: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
  base: string,
  server: string | undefined,
): Answer {
  if (path === '/token')
    return {
      status: 200,
      headers: apiJson,
      body: Buffer.from('{"token":"abc","access_token":"abc","expires_in":300}'),
    };
  if (server === 'token' && headers['authorization'] !== 'Bearer abc') {
    const challenge = `Bearer realm="${base}/token",service="reg",scope="repository:${repository}:pull"`;
    return { status: 401, headers: { ...apiJson, 'www-authenticate': challenge }, body: errors('UNAUTHORIZED') };
  }
  if (path === '/v2/') return { status: 200, headers: apiJson, body: Buffer.from('{}') };
  const image = imageAt(server);
  const [, kind, reference = ''] = new RegExp(`^/v2/${repository}/(manifests|blobs)/([^/]+)$`).exec(path) ?? [];
  const blob = image.blobs.get(reference);
  if (kind === 'blobs' && blob !== undefined)
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference },
      body: blob,
    };
  if (kind !== 'manifests') return { status: 404, headers: apiJson, body: errors('BLOB_UNKNOWN') };
  const isIndex = server === 'index' && reference !== digestOf(image.manifest);
  const [body, type] = isIndex ? [image.index, image.types.index] : [image.manifest, image.types.manifest];
  return { status: 200, headers: { 'content-type': type, 'docker-content-digest': digestOf(body) }, body };
}

const withType = (value: string) => ({ headers: { 'content-type': value } });
const challenge = (value: string) => ({ headers: { 'www-authenticate': value } });
const token = (value: object) => ({ body: JSON.stringify(value) });
const layer = '/layers/0';

const rows: readonly Row[] = [
  ...commonRows('manifest', [
    'nothing odd',
    'status 203',
    'status 206 without a range',
    'status 401',
    'status 403',
    'status 404',
    'status 500',
    'no Content-Type',
    'Content-Type text/plain',
    'Content-Type text/html',
    'Content-Type application/octet-stream',
    'byte order mark',
    'one byte behind',
    'an empty line behind',
    'no byte',
    'a page of HTML',
    'HTML without Content-Type',
    'gzip, announced',
    'gzip, not announced',
    'in chunks',
    'HEAD 404',
    'HEAD 403',
    'HEAD 405',
    'HEAD 500',
  ]),
  ...commonRows('manifest', ['nothing odd', 'no Content-Type'], 'docker').map((row) => ({
    ...row,
    name: `${row.name}, Docker types`,
  })),
  ...ownRows('manifest', {
    'HEAD 400': { method: 'HEAD', status: 400, body: '' },
    'HEAD 501': { method: 'HEAD', status: 501, body: '' },
    'HEAD without digest': { method: 'HEAD', headers: { 'docker-content-digest': '' } },
    'HEAD without Content-Type': { method: 'HEAD', headers: { 'content-type': '' } },
    'HEAD without length': { method: 'HEAD', headers: { 'content-length': '' } },
    'HEAD of HTML': { method: 'HEAD', headers: { 'content-type': 'text/html', 'docker-content-digest': '' } },
    'GET without Content-Type': { method: 'GET', headers: { 'content-type': '' } },
    'no digest': { headers: { 'docker-content-digest': '' } },
    'an invalid digest': { headers: { 'docker-content-digest': 'sha256:1' } },
    'a wrong digest': { headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
    'the digest in capitals': { headers: { 'docker-content-digest': `sha256:${'A'.repeat(64)}` } },
    'Content-Type application/json': withType('application/json'),
    'Content-Type with a charset': withType(`${types.oci.manifest}; charset=utf-8`),
    'Content-Type in capitals': withType(types.oci.manifest.toUpperCase()),
    'the Docker type': withType(types.docker.manifest),
    'the type of an index': withType(types.oci.index),
    'the type of schema 1': withType('application/vnd.docker.distribution.manifest.v1+prettyjws'),
    'no mediaType': { set: { '/mediaType': undefined } },
    'mediaType null': { set: { '/mediaType': null } },
    'an empty mediaType': { set: { '/mediaType': '' } },
    'no schemaVersion': { set: { '/schemaVersion': undefined } },
    'schemaVersion as a text': { set: { '/schemaVersion': '2' } },
    'schemaVersion 1': { set: { '/schemaVersion': 1 } },
    'size as a text': { set: { [`${layer}/size`]: '1' } },
    'a wrong size': { set: { [`${layer}/size`]: 1 } },
    'an unknown layer type': { set: { [`${layer}/mediaType`]: 'application/odd' } },
    'no layer type': { set: { [`${layer}/mediaType`]: undefined } },
    'annotations null': { set: { '/annotations': null } },
    'an unknown member': { set: { '/odd': 1 } },
    'manifests beside layers': { set: { '/manifests': [] } },
    'no config': { set: { '/config': undefined } },
    'an error with status 200': { body: '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}' },
  }),
  ...ownRows('manifest', { 'the OCI type, Docker inside': withType(types.oci.manifest) }, 'docker'),
  ...commonRows('index', ['nothing odd', 'no Content-Type', 'byte order mark'], 'index'),
  ...ownRows(
    'index',
    {
      'the type of an image': withType(types.oci.manifest),
      'the Docker type': withType(types.docker.index),
      'no mediaType': { set: { '/mediaType': undefined } },
      'no platform': { set: { '/manifests/0/platform': undefined } },
      'another platform': { set: { '/manifests/0/platform/architecture': 's390x' } },
      'no manifests': { set: { '/manifests': [] } },
    },
    'index',
  ),
  ...commonRows('api', ['status 203', 'status 403', 'status 404', 'status 500', 'a page of HTML', 'no Content-Type']),
  ...ownRows(
    'challenge',
    {
      'nothing odd': {},
      'blanks around the signs': challenge(
        `Bearer realm = "{base}/token" , service = "reg" , scope = "repository:${repository}:pull"`,
      ),
      'without quotes': challenge('Bearer realm={base}/token,service=reg'),
      'the scheme in lower case': challenge('bearer realm="{base}/token",service="reg"'),
      'no scope': challenge('Bearer realm="{base}/token",service="reg"'),
      'no service': challenge('Bearer realm="{base}/token"'),
      'an empty service': challenge('Bearer realm="{base}/token",service=""'),
      'a comma in the service': challenge('Bearer realm="{base}/token",service="reg, main"'),
      'an error parameter': challenge('Bearer realm="{base}/token",service="reg",error="insufficient_scope"'),
      'a realm with a query': challenge('Bearer realm="{base}/token?odd=1",service="reg"'),
      'a relative realm': challenge('Bearer realm="/token",service="reg"'),
      'no realm': challenge('Bearer service="reg"'),
      'Basic before Bearer in one header': challenge('Basic realm="reg", Bearer realm="{base}/token",service="reg"'),
      'Bearer before Basic in one header': challenge('Bearer realm="{base}/token",service="reg", Basic realm="reg"'),
      'Basic before Bearer in two headers': challenge(
        'Basic realm="reg"\r\nwww-authenticate: Bearer realm="{base}/token",service="reg"',
      ),
      'Bearer before Basic in two headers': challenge(
        'Bearer realm="{base}/token",service="reg"\r\nwww-authenticate: Basic realm="reg"',
      ),
      'Basic alone': challenge('Basic realm="reg"'),
      'no challenge': challenge(''),
      'single quotes': challenge("Bearer realm='{base}/token',service='reg'"),
      'semicolons for commas': challenge('Bearer realm="{base}/token";service="reg"'),
      'a final comma': challenge('Bearer realm="{base}/token",service="reg",'),
      'parameters in capitals': challenge('Bearer Realm="{base}/token",Service="reg"'),
      'two blanks behind the scheme': challenge('Bearer  realm="{base}/token",service="reg"'),
    },
    'token',
  ),
  ...commonRows(
    'token',
    [
      'status 203',
      'status 403',
      'status 404',
      'status 500',
      'no Content-Type',
      'Content-Type text/html',
      'byte order mark',
      'an empty line behind',
      'no byte',
      'a page of HTML',
      'gzip, announced',
    ],
    'token',
  ),
  ...ownRows(
    'token',
    {
      'expires_in as a text': token({ token: 'abc', expires_in: '300' }),
      'expires_in with a fraction': token({ token: 'abc', expires_in: 300.5 }),
      'expires_in null': token({ token: 'abc', expires_in: null }),
      'expires_in 0': token({ token: 'abc', expires_in: 0 }),
      'a negative expires_in': token({ token: 'abc', expires_in: -1 }),
      'no expires_in': token({ token: 'abc' }),
      'only access_token': token({ access_token: 'abc' }),
      'an empty token beside access_token': token({ token: '', access_token: 'abc' }),
      'token null beside access_token': token({ token: null, access_token: 'abc' }),
      'no token': token({}),
      'a token as a number': token({ token: 1 }),
      'an old issued_at': token({ token: 'abc', expires_in: 300, issued_at: '2020-01-01T00:00:00Z' }),
      'issued_at without zone': token({ token: 'abc', expires_in: 300, issued_at: '2020-01-01T00:00:00' }),
      'issued_at as a number': token({ token: 'abc', expires_in: 300, issued_at: 1_577_836_800 }),
      'names in capitals': token({ Token: 'abc' }),
      'a list': token([]),
    },
    'token',
  ),
  ...commonRows('blob', [
    'status 203',
    'status 206 without a range',
    'status 404',
    'no Content-Type',
    'Content-Type text/html',
    'one byte behind',
    'the last byte missing',
    'no byte',
    'a page of HTML',
    'gzip, announced',
    'gzip announced, but not used',
    'in chunks',
    'HEAD 404',
  ]),
  ...ownRows('second layer', { 'other bytes': { after: 'x' } }, 'layers'),
  ...drawn.oci,
  ...later.oci,
  ...wire.oci,
];

const sealed = {
  HTTP_PROXY: undefined,
  HTTPS_PROXY: undefined,
  http_proxy: undefined,
  https_proxy: undefined,
};
const timeoutMs = 60_000;

const skopeo: RealClient = {
  needs: ['skopeo'],
  version: () => printedVersion(() => run(commandPath('skopeo'), ['--version'])),
  async fetch(url) {
    const home = tempDir('odd-skopeo');
    try {
      const args = [
        ...['--insecure-policy', '--override-os=linux', '--override-arch=amd64', 'copy', '--src-tls-verify=false'],
        ...[`docker://${new URL(url).host}/${repository}:1`, `dir:${home}/out`],
      ];
      const env = { ...sealed, HOME: home, XDG_RUNTIME_DIR: home, REGISTRY_AUTH_FILE: join(home, 'auth.json') };
      const { code, stderr } = await run(commandPath('skopeo'), args, { env, timeoutMs });
      // Without a layer it has pulled nothing.
      const files = existsSync(join(home, 'out')) ? readdirSync(join(home, 'out')).length : 0;
      return { code: code === 0 && files < 4 ? 1 : code, said: stderr };
    } finally {
      removeTempDir(home);
    }
  },
};

/** One containerd for all rows: what it holds of one row is removed before the next. */
function containerd(): RealClient {
  let started: Promise<Containerd> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const pull = async (url: string) => {
    started ??= startContainerd();
    const server = await started;
    // Images of rows have equal layers: without this, a layer of the row before would be taken.
    const { stdout } = await server.ctr(['content', 'ls', '--quiet']);
    await server.ctr(['images', 'rm', '--sync', `127.0.0.9/${repository}:1`]);
    for (const digest of stdout.trim().split(/\s+/)) if (digest !== '') await server.ctr(['content', 'rm', digest]);
    const hosts = `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`;
    const { code, stderr } = await server.pull(`127.0.0.9/${repository}:1`, hosts, timeoutMs);
    const held = (await server.ctr(['content', 'ls', '--quiet'])).stdout.trim().split(/\s+/).length;
    // `ctr` ends with 0 where it knows no type of a manifest, and then has fetched nothing that it names.
    return { code: code === 0 && held < 3 ? 1 : code, said: stderr };
  };
  return {
    needs: ['containerd'],
    version: () => printedVersion(() => run(commandPath('containerd'), ['--version'])),
    fetch(url) {
      const next = last.then(() => pull(url));
      last = next.catch(() => undefined);
      return next;
    },
    close: async () => (await started)?.close(),
  };
}

export const oci: Kind = {
  word: 'oci',
  rows,
  right,
  isAt(place, { path }, { status }) {
    const second = servers['layers']?.layers[1] ?? '';
    if (place === 'challenge') return status === 401;
    if (place === 'token') return path === '/token';
    if (place === 'api') return path === '/v2/';
    if (place === 'second layer') return path.endsWith(`/blobs/${second}`);
    if (place === 'blob') return path.endsWith(`/blobs/${servers['oci']?.layers[0]}`);
    const isImage = path.endsWith(`/manifests/${digestOf(imageAt().manifest)}`);
    return path.includes('/manifests/') && !(place === 'index' && isImage);
  },
  // A changed manifest is another manifest, with another digest; bytes of layers keep their name.
  finish: (answer) =>
    /manifest|index/.test(answer.headers?.['content-type'] ?? '')
      ? { ...answer, headers: { ...answer.headers, 'docker-content-digest': digestOf(answer.body) } }
      : answer,
  words: (base) => ({ base }),
  closesTls: true,
  urlOf: (base) => base,
  mirror: 'ecosystem: oci, upstream: "127.0.0.9"',
  yaml: `modules: { oci: [ "127.0.0.9/${repository}:1" ] }`,
  probes({ server }) {
    const steps = ['v2', 'digest', 'manifest', 'blob', ...(server === 'layers' ? ['blob'] : [])];
    const image = { module: `127.0.0.9/${repository}`, version: '1' };
    return steps.map((step) => (step === 'v2' ? { step, module: null, version: null } : { step, ...image }));
  },
  clients: { skopeo, containerd: containerd() },
};
