import { afterEach, expect, test } from 'vitest';
import { type Answer, text } from '../support/answer.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { hollowPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { makeOciImage } from '../support/oci-image.ts';
import { startOciScripted } from '../support/oci-scripted.ts';
import { startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

/** One ecosystem, with what a hostile mirror of it says of what there is. */
interface Row {
  readonly good: () => Promise<RawServer>;
  /** One of them at each request for the metadata, in turn: what it says changes all the time. */
  readonly says: readonly (() => Answer)[];
  /** The paths of its metadata; elsewhere it answers as a good one. */
  readonly about: RegExp;
  readonly module: string;
  /** Further keys of each mirror, as `, prefix: x`. */
  readonly keys?: string;
  /** What the URL of each ends in. */
  readonly path?: string;
}

const image = makeOciImage();
const repository = 'team/app';
const huge = '9'.repeat(15);
const json =
  (value: unknown, type = 'application/json', headers: Readonly<Record<string, string>> = {}) =>
  (): Answer => ({
    status: 200,
    headers: { 'content-type': type, ...headers },
    body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  });
const plain = (body: string) => (): Answer => text(200, body);
const package_ = (versions: readonly string[], latest: string) =>
  json({
    name: 'hello',
    'dist-tags': { latest, __proto__x: latest },
    versions: Object.fromEntries(
      versions.map((version) => [
        version,
        { name: 'hello', version, dist: { tarball: '/x', integrity: 'sha512-eA==' } },
      ]),
    ),
    time: { modified: '2999-01-01T00:00:00.000Z', '1.0.0': '2999-01-01T00:00:00.000Z' },
  });
const page = (versions: readonly string[], serial: string) =>
  json(
    {
      meta: { 'api-version': '1.1', '_last-serial': Number(serial) },
      name: 'tiny',
      versions,
      files: versions.map((version) => ({
        filename: `tiny-${version}-py3-none-any.whl`,
        url: `/files/tiny-${version}-py3-none-any.whl`,
        hashes: { sha256: '00'.repeat(32) },
        yanked: version === '1.0',
      })),
    },
    'application/vnd.pypi.simple.v1+json',
    { 'x-pypi-last-serial': serial },
  );
const release = (date: string) =>
  plain(`-----BEGIN PGP SIGNED MESSAGE-----\n\nSuite: stable\nDate: ${date}\nSHA256:\n`);
const oddDigest = `sha256:${'ab'.repeat(32)}`;
const files = ({ path }: { readonly path: string }): Answer =>
  path === '/debian/dists/stable/InRelease' ? release('Sat, 11 Nov 2023 09:59:12 UTC')() : text(404, 'not found\n');

const rows: Readonly<Record<string, Row>> = {
  go: {
    good: () => startFakeMirror(),
    says: [
      plain('v1.0.0\nv1.999.0\nv1.9999.0\n'),
      plain(''),
      plain(`v1.0.0\nv1.${huge}.0\n`),
      json({ Version: 'v1.999.0', Time: '2999-01-01T00:00:00Z' }),
    ],
    about: /@v\/list$|@latest$/,
    module: 'go: [ "example.com/hello@v1.0.0" ]',
  },
  npm: {
    good: () => startNpmRegistry({ packages: [hollowPackage('hello', '1.0.0')] }),
    says: [
      package_(['1.0.0', '999.0.0'], '999.0.0'),
      package_([], '0.0.0'),
      package_([`${huge}.0.0`], `${huge}.0.0`),
      json({ latest: '999.0.0' }),
    ],
    about: /^\/hello$|dist-tags$/,
    module: 'npm: [ "hello@1.0.0" ]',
  },
  pypi: {
    good: () => startPypiIndex({ wheels: [tinyWheel('tiny', '1.0')] }),
    says: [page(['1.0', '999.0'], huge), page([], '0'), page([`${huge}!1.0`], huge), page(['0.1'], '1')],
    about: /^\/simple\//,
    module: 'pypi: [ "tiny==1.0" ]',
    path: '/simple',
  },
  oci: {
    good: () => startOciScripted(image, repository),
    says: [
      json({ schemaVersion: 2, manifests: [] }, 'application/vnd.oci.image.index.v1+json', {
        'docker-content-digest': oddDigest,
      }),
      json({ schemaVersion: 2, layers: [] }, 'application/vnd.oci.image.manifest.v1+json', {
        'docker-content-digest': 'sha256:x',
      }),
      () => text(200, '', { 'docker-content-digest': `${oddDigest}, ${oddDigest}` }),
    ],
    about: /\/manifests\//,
    module: `oci: [ "127.0.0.9/${repository}:1" ]`,
    keys: ', upstream: "127.0.0.9"',
  },
  http: {
    good: () => startRawServer({ answer: files }),
    says: [
      release('Sat, 11 Nov 2999 09:59:12 UTC'),
      release('Sat, 11 Nov 1971 09:59:12 UTC'),
      release('9'.repeat(10_000)),
    ],
    about: /InRelease$/,
    module: 'http: [ { upstream: debian, path: dists/stable/InRelease } ]',
    keys: ', upstream: debian, profile: debian',
    path: '/debian',
  },
};

const goodNames = ['good-1', 'good-2', 'good-3'];
let running: RealDaemon | null = null;
let servers: readonly RawServer[] = [];
afterEach(async () => {
  await running?.daemon.stop();
  running = null;
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

interface Seen {
  readonly registry: string;
  readonly state: string;
  readonly freshness: { readonly missingVersions: number | null; readonly lowerSeconds: number | null };
}

test.each(Object.entries(rows))(
  '%s: what a hostile mirror says there is changes lag, verdict and advice of no other mirror',
  async (ecosystem, { good, says, about, module, keys = '', path = '' }) => {
    const behind = await good();
    const goods = await Promise.all(goodNames.map(good));
    let told = 0;
    const hostile = await startRawServer({
      async answer({ target, path: asked, headers }) {
        if (about.test(asked)) return says[told++ % says.length]?.() ?? text(500, '');
        const answer = await fetch(behind.url + target, { headers: { accept: headers['accept'] ?? '*/*' } });
        return {
          status: answer.status,
          headers: { 'content-type': answer.headers.get('content-type') ?? '' },
          body: Buffer.from(await answer.arrayBuffer()),
        };
      },
    });
    servers = [behind, hostile, ...goods];
    const entries = [...goods, hostile].map(
      ({ url }, at) =>
        `  - { name: ${goodNames[at] ?? 'hostile'}, ecosystem: ${ecosystem}, url: "${url}${path}", weight: ${100 - at}${keys} }`,
    );
    running = await startRealDaemon(`
listen: 127.0.0.1:10120
schedule: { every: 250ms, timeout: 30s, perHost: 8 }
steps: { list: 250ms, latest: 500ms, tags: 250ms, packument: 500ms, tarball: 1s, file: 1s, manifest: 500ms, whole: 1s }
mirrors:
${entries.join('\n')}
controls: [ "${goods[0]?.url}" ]
modules: { ${module} }
go: { sumdb: off }
detect: { lag: { limit: 1s } }
state: { path: ":memory:" }
`);
    const daemon = running;
    const read = async <T>(what: string): Promise<T> => JSON.parse((await daemon.get(`/api/v1/${what}`)).text) as T;
    const seen = async () => (await read<{ mirrors: readonly Seen[] }>('mirrors')).mirrors;
    await daemon.until('the good mirrors are up', async () =>
      (await seen()).every(({ registry, state }) => registry === 'hostile' || state === 'up'),
    );
    const states = new Set<string>();
    const before = told;
    await daemon.until('it said all of it again and again', async () => {
      for (const { registry, state, freshness } of await seen())
        if (registry !== 'hostile')
          states.add(`${state}, missing ${freshness?.missingVersions ?? 0}, behind ${freshness?.lowerSeconds ?? 0} s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return told - before >= 3 * says.length;
    });
    expect([...states]).toEqual(['up, missing 0, behind 0 s']);
    const { findings } = await read<{ findings: readonly { readonly registry: string | null }[] }>(
      'findings?state=all',
    );
    expect(findings.filter(({ registry }) => registry !== 'hostile')).toEqual([]);
    expect(await read('advice')).toMatchObject({ advice: [] });
  },
);
