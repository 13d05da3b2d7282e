import { text } from '../support/answer.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { hollowPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { makeOciImage } from '../support/oci-image.ts';
import { startOciScripted } from '../support/oci-scripted.ts';
import { startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';

/** The texts of a remedy by the form that a client reads, for mirrors in their order. */
type Lines = (urls: readonly string[]) => Readonly<Record<string, string>>;

type Urls = { readonly near: string; readonly far: string };

/** Two mirrors of one upstream in this process, as one daemon is told of them. */
export interface Pair {
  readonly ecosystem: string;
  readonly upstream: string;
  /** The preferred one. */
  readonly near: RawServer;
  /** As the configuration has them, paths included. */
  readonly url: Urls;
  readonly lines: Lines;
  readonly close: () => Promise<void>;
}

/** All that the test needs: mirrors of every ecosystem, a control, and the configuration that names them. */
export interface AllMirrors {
  readonly pairs: readonly Pair[];
  readonly control: RawServer;
  readonly yaml: string;
  readonly close: () => Promise<void>;
}

/** A registry that is never there: what stands behind its mirrors cannot be reached from here. */
const images = '127.0.0.9';
const repository = 'team/app';
const release = '-----BEGIN PGP SIGNED MESSAGE-----\n\nSuite: stable\nDate: Sat, 11 Nov 2023 09:59:12 UTC\nSHA256:\n';

async function pairOf(
  ecosystem: string,
  upstream: string,
  start: () => Promise<RawServer>,
  lines: Lines,
  path = '',
): Promise<Pair> {
  const [near, far] = [await start(), await start()];
  const url = { near: `${near.url}${path}`, far: `${far.url}${path}` };
  return {
    ecosystem,
    upstream,
    near,
    url,
    lines,
    close: async () => void (await Promise.all([near.close(), far.close()])),
  };
}

const goLines: Lines = (urls) => ({ env: `export GOPROXY='${[...urls, 'direct'].join(',')}'\n` });
const npmLines: Lines = ([url]) => ({ npmrc: `registry=${url}/\n` });
const pypiLines: Lines = ([url]) => ({
  pip: `[global]\nindex-url = ${url}/\n`,
  uv: `[[index]]\nname = "mirror"\nurl = "${url}/"\ndefault = true\n`,
});
const httpLines: Lines = ([url]) => ({ json: `{"apt":["${url}"]}\n` });
const ociLines: Lines = (urls) => {
  const hosts = urls.map((url) => `[host."${url}"]\n  capabilities = ["pull", "resolve"]\n  dial_timeout = "3s"\n`);
  const mirrors = urls.map((url) => `\n[[registry.mirror]]\nlocation = "${new URL(url).host}"\ninsecure = true\n`);
  const own = `[[registry]]\nprefix = "${images}"\nlocation = "${images}"\n`;
  return {
    'hosts.toml': `# /etc/containerd/certs.d/${images}/hosts.toml\n${hosts.join('\n')}`,
    'registries.conf': `# /etc/containers/registries.conf.d/050-mirrorwatch.conf\n${own}${mirrors.join('')}`,
  };
};

/** Starts two mirrors of each ecosystem and a control on loopback. Nothing of what they serve needs a client to be made. */
export async function startAllMirrors(): Promise<AllMirrors> {
  const image = makeOciImage();
  const packages = [hollowPackage('hello', '1.0.0')];
  const wheels = [tinyWheel('tiny', '1.0')];
  const files = ({ path }: { readonly path: string }) =>
    path === '/debian/dists/stable/InRelease' ? text(200, release) : text(404, 'not found\n');
  const pairs = [
    await pairOf('go', 'go', () => startFakeMirror(), goLines),
    await pairOf('npm', 'npm', () => startNpmRegistry({ packages }), npmLines),
    await pairOf('pypi', 'pypi', () => startPypiIndex({ wheels }), pypiLines, '/simple'),
    await pairOf('oci', images, () => startOciScripted(image, repository), ociLines),
    await pairOf('http', 'debian', () => startRawServer({ answer: files }), httpLines, '/debian'),
  ];
  const control = await startRawServer({ answer: () => text(200, 'well\n') });
  return {
    pairs,
    control,
    yaml: yamlOf(pairs, control.url, `${images}/${repository}@${image.listDigest}`),
    close: async () => void (await Promise.all([control, ...pairs].map((one) => one.close()))),
  };
}

function yamlOf(pairs: readonly Pair[], control: string, image: string): string {
  const mirrors = pairs.flatMap(({ ecosystem, upstream, url }) =>
    (['near', 'far'] as const).map((which) => {
      const more = ecosystem === 'http' ? ', profile: debian' : '';
      const weight = which === 'near' ? 100 : 50;
      return `  - { name: ${ecosystem}-${which}, ecosystem: ${ecosystem}, upstream: "${upstream}", url: "${url[which]}", weight: ${weight}${more} }`;
    }),
  );
  return `
listen: 127.0.0.1:10120
schedule: { every: 200ms, timeout: 30s, perHost: 8 }
steps:
  list: 1s
  info: 1s
  latest: 1s
  zip: 1s
  tags: 1s
  tarball: 1s
  packument: 1s
  wheelmeta: 1s
  simplehtml: 1s
  provenance: 1s
  file: 1s
  v2: 1s
  manifest: 1s
  blob: 2s
  whole: 1s
  marker: 1s
mirrors:
${mirrors.join('\n')}
controls: [ "${control}" ]
modules:
  go: [ "example.com/hello@v1.0.0" ]
  npm: [ "hello@1.0.0" ]
  pypi: [ "tiny==1.0" ]
  oci: [ "${image}" ]
  http: [ { upstream: debian, path: dists/stable/InRelease, expect: { matches: "^Suite: stable$" } } ]
go: { sumdb: off }
detect: { outage: { over: 300ms } }
advise: { hold: 2s }
state: { path: ":memory:" }
`;
}
