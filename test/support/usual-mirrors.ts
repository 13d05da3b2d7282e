import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Answer, text } from './answer.ts';
import { makeZip, moduleAnswers } from './synthetic-modules.ts';

/** What a mirror says to a GET or HEAD of a path below its base, by the `accept` that came with it. */
export type Usual = (path: string, accept: string) => Answer;

const kilobyte = 1000;
/** What an artifact weighs where nobody measured it. */
const artifactBytes = 2 ** 20;
const artifact = randomBytes(artifactBytes - kilobyte);
// Or one in two hundred is the begin of a page.
artifact[0] = 0;
const missing = text(404, 'not found\n');

function json(value: object, type = 'application/json'): Answer {
  return { status: 200, headers: { 'content-type': type }, body: Buffer.from(JSON.stringify(value)) };
}

function hashOf(algorithm: string, body: Buffer, encoding: 'hex' | 'base64' = 'hex'): string {
  return createHash(algorithm).update(body).digest(encoding);
}

/** So many bytes of a text that says nothing. */
function padding(bytes: number): string {
  return 'so '.repeat(bytes / 3);
}

function fixed(answers: ReadonlyMap<string, Answer>): Usual {
  return (path) => answers.get(path) ?? missing;
}

/** The recorded answers of the public log for one lookup, tiles among them. */
function recordedLog(): readonly (readonly [string, Answer])[] {
  const file = fileURLToPath(new URL('../fixtures/go/sumdb-real-log.json', import.meta.url));
  const { answers } = JSON.parse(readFileSync(file, 'utf8')) as {
    answers: { path: string; status: number; headers: Record<string, string>; body?: string; bodyBase64?: string }[];
  };
  return answers.map(({ path, status, headers, body, bodyBase64 }) => {
    const bytes = bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64');
    return [`/${path}`, { status, headers, body: bytes }] as const;
  });
}

/** A Go proxy with one version of one module, a list of 20 KB and a relay of the public log. */
function goProxy(module: string, version: string): Usual {
  const goMod = `module ${module}\n\ngo 1.21\n\n// ${padding(3.9 * kilobyte)}\n`;
  const time = '2026-01-02T03:04:05Z';
  const answers = moduleAnswers([{ path: module, versions: [{ version, time, goMod, files: {} }] }]);
  const list = Array.from({ length: 2.2 * kilobyte }, (_, at) => `v0.0.${at}\n`).join('');
  const info = JSON.stringify({ Version: version, Time: time, Origin: { URL: padding(0.9 * kilobyte) } });
  for (const path of ['@latest', `@v/${version}.info`]) answers.set(`/${module}/${path}`, text(200, info));
  answers.set(`/${module}/@v/list`, text(200, `${list}${version}\n`));
  const entries = { 'go.mod': Buffer.from(goMod), 'data.bin': artifact };
  const zip = makeZip(
    new Map(Object.entries(entries).map(([name, body]) => [`${module}@${version}/${name}`, body] as const)),
  );
  answers.set(`/${module}/@v/${version}.zip`, { status: 200, body: zip });
  return fixed(new Map([...answers, ...recordedLog()]));
}

/** A registry with one package: a short packument of 50 KB, a full one and an artifact of 1 MiB. */
function npmRegistry(name: string, version: string): Usual {
  const tgz = gzipSync(artifact);
  const path = `/${name}/-/${name}-${version}.tgz`;
  const dist = { integrity: `sha512-${hashOf('sha512', tgz, 'base64')}`, tarball: `https://mirror.example.com${path}` };
  const packument = (bytes: number): Answer =>
    json({
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { name, version, dist, description: padding(bytes) } },
    });
  const [short, full] = [packument(49.5 * kilobyte), packument(artifactBytes - kilobyte)];
  return (asked, accept) => {
    if (asked === `/${name}`) return accept.includes('install-v1') ? short : full;
    if (asked === `/-/package/${name}/dist-tags`) return json({ latest: version, next: padding(0.9 * kilobyte) });
    return asked === path ? { status: 200, body: tgz } : missing;
  };
}

/** An index with one wheel of 1 MiB: pages of 20 KB, core metadata and an attestation of 10 KB. */
function pypiIndex(name: string, version: string): Usual {
  const file = `${name}-${version}-py3-none-any.whl`;
  const metadata = Buffer.from(
    `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\n${padding(9.9 * kilobyte)}`,
  );
  const wheel = makeZip(new Map([[`${name}.py`, artifact]]));
  const jsonPage = json(
    {
      meta: { 'api-version': '1.1', _note: padding(19.3 * kilobyte) },
      name,
      versions: [version],
      files: [
        {
          filename: file,
          url: `../files/${file}`,
          hashes: { sha256: hashOf('sha256', wheel) },
          'core-metadata': { sha256: hashOf('sha256', metadata) },
          provenance: `../files/${file}.provenance`,
        },
      ],
    },
    'application/vnd.pypi.simple.v1+json',
  );
  const subject = [{ name: file, digest: { sha256: hashOf('sha256', wheel) } }];
  const attestation = {
    version: 1,
    envelope: { statement: Buffer.from(JSON.stringify({ subject })).toString('base64'), signature: 'AA==' },
    verification_material: { certificate: padding(9.4 * kilobyte), transparency_entries: [] },
  };
  const provenance = json({ version: 1, attestation_bundles: [{ attestations: [attestation] }] });
  const link = `<a href="../files/${file}#sha256=${hashOf('sha256', wheel)}">${file}</a>`;
  const html = `<!DOCTYPE html><html><head><title>Links</title></head><body>${link}<!-- ${padding(19.6 * kilobyte)} --></body></html>`;
  const htmlPage: Answer = {
    status: 200,
    headers: { 'content-type': 'text/html', vary: 'Accept' },
    body: Buffer.from(html),
  };
  return (path, accept) => {
    if (path === `/${name}/`)
      return accept.includes('json') ? { ...jsonPage, headers: { ...jsonPage.headers, vary: 'Accept' } } : htmlPage;
    if (path === `/files/${file}`) return { status: 200, body: wheel };
    if (path === `/files/${file}.provenance`) return provenance;
    return path === `/files/${file}.metadata` ? { status: 200, body: metadata } : missing;
  };
}

/** A registry, open to all, with one image of our platform by a list, manifests of 4 KB, and layers of 1 MiB, 512 KiB and 512 KiB. */
function imageRegistry(repository: string, tag: string): Usual {
  const blobs = new Map<string, Buffer>();
  const type = (word: string): string => `application/vnd.oci.image.${word}`;
  const put = (body: Buffer, mediaType: string) => {
    const digest = `sha256:${hashOf('sha256', body)}`;
    blobs.set(digest, body);
    return { mediaType, digest, size: body.length };
  };
  const manifest = (word: string, value: object) =>
    put(
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: type(word),
          ...value,
          annotations: { note: padding(3.5 * kilobyte) },
        }),
      ),
      type(word),
    );
  const halves = [artifact.subarray(0, artifact.length / 2), artifact.subarray(artifact.length / 2)];
  const layers = [artifact, ...halves].map((body) => put(gzipSync(body), type('layer.v1.tar+gzip')));
  const config = put(Buffer.from('{"architecture":"amd64","os":"linux"}'), type('config.v1+json'));
  const image = manifest('manifest.v1+json', { config, layers });
  const list = manifest('index.v1+json', {
    manifests: [{ ...image, platform: { architecture: 'amd64', os: 'linux' } }],
  });
  const asked = new RegExp(`^/v2/${repository}/(manifests|blobs)/([^/]+)$`);
  return (path) => {
    if (path === '/v2/') return json({ note: padding(186) });
    const [, kind, name = ''] = asked.exec(path) ?? [];
    const digest = name === tag ? list.digest : name;
    const body = blobs.get(digest);
    if (body === undefined) return missing;
    const mediaType = kind === 'blobs' ? 'application/octet-stream' : JSON.parse(body.toString()).mediaType;
    return { status: 200, headers: { 'content-type': mediaType, 'docker-content-digest': digest }, body };
  };
}

/** An index of crates with one crate of 1 MiB: an index file of 20 KB, and a config.json of 100 bytes. */
function crateIndex(name: string, version: string): Usual {
  const crate = gzipSync(artifact);
  const line = { name, vers: version, deps: [], cksum: hashOf('sha256', crate), features: {}, yanked: false };
  const config = { dl: 'https://mirror.example.com/dl', api: padding(45) };
  return fixed(
    new Map([
      ['/config.json', json(config)],
      [`/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`, json({ ...line, note: padding(19.8 * kilobyte) })],
      [`/dl/${name}/${version}/download`, { status: 200, body: crate }],
    ]),
  );
}

/** A mirror of files: a marker and one file of 1 MiB. */
function fileMirror(path: string): Usual {
  const trace = `Sat Nov 11 09:59:12 UTC 2023\nRunning on host: mirror.example.com\n${padding(0.9 * kilobyte)}`;
  return fixed(
    new Map([
      [`/${path}`, { status: 200, body: artifact }],
      ['/project/trace/master', text(200, trace)],
    ]),
  );
}

/** A mirror of one ecosystem that is well, whose answers weigh what answers usually do, and what a file asks of it. */
export interface UsualMirror {
  readonly ecosystem: string;
  /** Of `mirrors`, beside name and URL. */
  readonly keys: string;
  /** Entries of `modules`, the first with a version of its own. */
  readonly modules: readonly string[];
  readonly says: Usual;
}

/** One of each ecosystem; at each, a fixed version and, where there is such a thing, a moving one. */
export const usualMirrors: readonly UsualMirror[] = [
  {
    ecosystem: 'go',
    keys: '',
    modules: ['golang.org/x/net@v0.62.0', 'golang.org/x/net@latest'],
    says: goProxy('golang.org/x/net', 'v0.62.0'),
  },
  { ecosystem: 'npm', keys: '', modules: ['hello@1.0.0', 'hello@latest'], says: npmRegistry('hello', '1.0.0') },
  { ecosystem: 'pypi', keys: '', modules: ['tiny==1.0', 'tiny==latest'], says: pypiIndex('tiny', '1.0') },
  {
    ecosystem: 'oci',
    keys: ', upstream: images.example.com',
    modules: ['images.example.com/team/app:1'],
    says: imageRegistry('team/app', '1'),
  },
  { ecosystem: 'cargo', keys: '', modules: ['hello@1.0.0', 'hello@latest'], says: crateIndex('hello', '1.0.0') },
  {
    ecosystem: 'http',
    keys: ', upstream: debian, profile: debian',
    modules: ['{ upstream: debian, path: pool/main/h/hello/hello.bin }'],
    says: fileMirror('pool/main/h/hello/hello.bin'),
  },
];
