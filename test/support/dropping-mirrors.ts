import type { Answer, SeenRequest } from './answer.ts';
import { packPackage } from './npm-registry.ts';
import { makeNpmSigner } from './npm-signer.ts';
import { type PypiIndex, tinyWheel } from './pypi-index.ts';
import { type RawServer, startRawServer } from './raw-server.ts';

/**
 * A field that an npm mirror drops. `time_of_new`: only the entry of the new version in `time`. `modified`: in the
 * abbreviated packument it stays at the date of the old version. `keys`: the signing keys are 404.
 */
export type NpmField =
  | 'time'
  | 'time_of_new'
  | 'modified'
  | 'abbreviated'
  | 'signatures'
  | 'keys'
  | 'attestations'
  | 'trusted_publisher';

/** A field that a Python index drops. `upload_time_of_new`: only that of the new file. `json_index`: it has only HTML. */
export type PypiField = 'upload_time' | 'upload_time_of_new' | 'json_index' | 'core_metadata' | 'yanked';

const oldAt = '2024-05-01T10:00:00.000Z';
const newAt = (): string => new Date(Date.now() - 3_600_000).toISOString();
const json = 'application/json';
const full = (value: object, type = json): Answer => ({
  status: 200,
  headers: { 'content-type': type },
  body: Buffer.from(JSON.stringify(value)),
});
const bytes = (body: Buffer): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/octet-stream' },
  body,
});
const notFound: Answer = { status: 404, headers: { 'content-type': json }, body: Buffer.from('{"error":"not_found"}') };

const [older, newer] = ['1.0.0', '1.1.0'].map((version) => packPackage({ name: 'hello', version }));
const signer = makeNpmSigner('SHA256:of-the-tests');

/**
 * Starts a registry of one package: `hello` 1.0.0 of 2024, from a trusted publisher, and 1.1.0 of an hour ago, with an
 * attestation of its provenance alone. It has every field that protections of clients read, except one.
 */
export async function startDroppingRegistry(without: NpmField | null): Promise<RawServer> {
  const packed = [older, newer].flatMap((one) => one ?? []);
  const registry: RawServer = await startRawServer({
    answer: ({ path, headers }) => {
      if (path === '/-/npm/v1/keys') return without === 'keys' ? notFound : full({ keys: [signer.listed()] });
      if (path.startsWith('/-/npm/v1/attestations/')) return full({ attestations: [] });
      const tarball = packed.find(({ version }) => path === `/hello/-/hello-${version}.tgz`);
      if (tarball !== undefined) return bytes(tarball.tgz);
      if (path !== '/hello') return notFound;
      const isShort = headers['accept']?.includes('install-v1') === true && without !== 'abbreviated';
      const versions = Object.fromEntries(packed.map((one) => [one.version, manifest(one, registry.url, isShort)]));
      const common = { name: 'hello', 'dist-tags': { latest: '1.1.0' }, versions };
      if (isShort)
        return full(
          { ...common, modified: without === 'modified' ? oldAt : newAt() },
          'application/vnd.npm.install-v1+json',
        );
      const time = { created: oldAt, modified: newAt(), '1.0.0': oldAt };
      if (without === 'time') return full(common);
      return full({ ...common, time: without === 'time_of_new' ? time : { ...time, '1.1.0': newAt() } });
    },
  });
  return registry;

  function manifest(
    { version, integrity, shasum, manifest: own }: (typeof packed)[number],
    url: string,
    isShort: boolean,
  ) {
    const provenance = { predicateType: 'https://slsa.dev/provenance/v1' };
    const publisher = { trustedPublisher: { id: 'github', oidcConfigId: 'oidc:of-the-tests' } };
    return {
      ...own,
      ...(isShort || without === 'trusted_publisher' || version !== '1.0.0' ? {} : { _npmUser: publisher }),
      dist: {
        integrity,
        shasum,
        tarball: `${url}/hello/-/hello-${version}.tgz`,
        ...(without === 'signatures' ? {} : { signatures: [signer.over('hello', version, integrity)] }),
        ...(without === 'attestations'
          ? {}
          : { attestations: { url: `${url}/-/npm/v1/attestations/hello@${version}`, provenance } }),
      },
    };
  }
}

const wheels = [tinyWheel('tiny', '1.0'), tinyWheel('tiny', '1.1')];

/**
 * Starts an index of one project: `tiny` 1.0 of 2024 and 1.1 of an hour ago, yanked if `isYanked`. It has every
 * field that protections of clients read, except one. The project is in quarantine, and each file has a provenance.
 */
export async function startDroppingIndex(without: PypiField | null, isYanked: boolean): Promise<PypiIndex> {
  const server = await startRawServer({ answer: ({ path, headers }) => pageOrFile(path, headers) });
  return Object.assign(server, {
    indexUrl: `${server.url}/simple`,
    paths: () => server.requests.map(({ path }) => path),
  });

  function pageOrFile(path: string, headers: SeenRequest['headers']): Answer {
    if (path === '/simple/tiny/') {
      const simple = 'application/vnd.pypi.simple.v1+json';
      return headers['accept']?.includes(simple) === true && without !== 'json_index' ? full(page(), simple) : html();
    }
    const wheel = wheels.find(({ file }) => path === `/files/${file}`);
    if (wheel !== undefined) return bytes(wheel.bytes);
    const beside = wheels.find(({ file }) => path === `/files/${file}.metadata`);
    return beside === undefined ? notFound : bytes(beside.metadata);
  }

  function page(): object {
    const files = wheels.map(({ version, file, sha256 }) => {
      const isNew = version === '1.1';
      const isUndated = without === 'upload_time' || (without === 'upload_time_of_new' && isNew);
      return {
        filename: file,
        url: `../../files/${file}`,
        hashes: { sha256 },
        provenance: `${server.url}/integrity/tiny/${version}/${file}/provenance`,
        ...(isUndated ? {} : { 'upload-time': isNew ? newAt() : oldAt }),
        ...(without === 'core_metadata' ? {} : { 'core-metadata': true }),
        ...(without === 'yanked' ? {} : { yanked: isYanked && isNew }),
      };
    });
    const status = { status: 'quarantined', reason: 'of the tests' };
    return { meta: { 'api-version': '1.4' }, 'project-status': status, name: 'tiny', versions: ['1.0', '1.1'], files };
  }

  function html(): Answer {
    const links = wheels.map(({ version, file, sha256 }) => {
      const yanked = isYanked && version === '1.1' ? ' data-yanked=""' : '';
      return `<a href="../../files/${file}#sha256=${sha256}"${yanked}>${file}</a>`;
    });
    const head = '<meta name="pypi:repository-version" content="1.4">';
    return {
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: Buffer.from(`<!DOCTYPE html><html><head>${head}</head><body>${links.join('<br/>')}</body></html>`),
    };
  }
}
