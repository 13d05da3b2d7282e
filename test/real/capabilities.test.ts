import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { type Devpi, startDevpi } from '../support/devpi.ts';
import { type Goproxy, startGoproxy } from '../support/goproxy.ts';
import { copyModuleTree, type ModuleTree, moduleTree, putFile, treePath } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { npmAnswerOf, packPackage } from '../support/npm-registry.ts';
import { makeNpmSigner } from '../support/npm-signer.ts';
import { makeOciImage, type OciImage } from '../support/oci-image.ts';
import { type OciRegistry, startOciRegistry } from '../support/oci-registry.ts';
import { skopeoPush } from '../support/oci-skopeo.ts';
import { removeTempDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { type Proxpi, projectList, startProxpi } from '../support/proxpi.ts';
import { pypiAnswerOf, tinyWheel } from '../support/pypi-index.ts';
import { type Pypiserver, startPypiserver } from '../support/pypiserver.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { startVerdaccio, type Verdaccio } from '../support/verdaccio.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Findings, Targets } from './views.ts';

type Capabilities = Readonly<Record<string, boolean>>;

/** By ecosystem, server and capability; docs/verified-content.md shows it. */
const expected = table<Readonly<Record<string, Readonly<Record<string, Capabilities>>>>>(
  'real/capabilities',
  'servers',
);

const hello = packPackage({ name: 'hello', version: '1.0.0' });
const wheels = [tinyWheel('tiny', '0.9'), tinyWheel('tiny', '1.0')];
const quote = { path: 'rsc.io/quote', version: 'v1.5.2' };
const [upstream, repository] = ['127.0.0.9', 'team/app'];

/** An answer in JSON, with `change` applied to its value. */
function changed(answer: Answer, change: (value: never) => object): Answer {
  return { ...answer, body: Buffer.from(JSON.stringify(change(JSON.parse(answer.body.toString()) as never))) };
}

/** A packument with all that the public registry adds for a version of a trusted publisher. */
function published(
  packument: { readonly time?: object; readonly versions: Record<string, { readonly dist: object }> },
  base: string,
): object {
  const { dist, ...manifest } = packument.versions[hello.version] ?? { dist: {} };
  const attestations = {
    url: `${base}/-/npm/v1/attestations/hello@1.0.0`,
    provenance: { predicateType: 'https://slsa.dev/provenance/v1' },
  };
  const publisher = {
    name: 'GitHub Actions',
    email: 'robot@example.com',
    trustedPublisher: { id: 'github', oidcConfigId: 'oidc:1' },
  };
  const ofPublisher = packument.time === undefined ? {} : { _npmUser: publisher };
  const version = { ...manifest, ...ofPublisher, dist: { ...dist, attestations } };
  return { ...packument, versions: { [hello.version]: version } };
}

/** A project page with all that the public index adds; its older release is yanked. */
function released(page: { readonly files: readonly { readonly filename: string }[] }): object {
  const more = { 'upload-time': '2026-01-02T03:04:05.000000Z', provenance: 'https://index.example/p' };
  const files = page.files.map((file) => ({ ...file, ...more, yanked: isYanked(file.filename) ? 'broken' : false }));
  return { ...page, meta: { 'api-version': '1.4' }, 'project-status': { status: 'active' }, files };
}

const isYanked = (file: string): boolean => file.startsWith('tiny-0.9-');

/** The same page in HTML, in the form that bandersnatch writes. */
function pageOfBandersnatch(): string {
  const links = wheels.map(({ file, sha256 }) => {
    const more = isYanked(file) ? ' data-yanked="broken"' : ` data-core-metadata="sha256=${sha256}"`;
    return `<a href="../../files/${file}#sha256=${sha256}"${more}>${file}</a><br/>`;
  });
  const head = '<meta name="pypi:repository-version" content="1.0">';
  return `<!DOCTYPE html><html><head>${head}</head><body>${links.join('\n')}</body></html>\n<!--SERIAL 7-->`;
}

const isJson = ({ headers }: Answer): boolean => headers?.['content-type']?.includes('json') === true;

function startNpmOrigin(): Promise<RawServer> {
  const options = { packages: [hello], signer: makeNpmSigner('SHA256:test') };
  return startScripted((request, base) => {
    const answer = npmAnswerOf(request, options, base);
    return request.path === '/hello' ? changed(answer, (value) => published(value, base)) : answer;
  });
}

function startPypiOrigin(): Promise<RawServer> {
  return startScripted((request) => {
    if (request.path === '/simple/') return projectList(wheels);
    const answer = pypiAnswerOf(request, wheels);
    return request.path.startsWith('/simple/') && isJson(answer) ? changed(answer, released) : answer;
  });
}

async function startScripted(
  answer: (request: Parameters<typeof npmAnswerOf>[0], base: string) => Answer,
): Promise<RawServer> {
  const server: RawServer = await startRawServer({ answer: (request) => answer(request, server.url) });
  return server;
}

/** Files as a synchroniser leaves them: pages without an extension are the index of a folder. */
function writeTree(files: Readonly<Record<string, string>>): string {
  const dir = tempDir('static');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
}

real(
  'what real servers keep of what the origin has',
  ['nginx', 'tree', 'go', 'goproxy', 'verdaccio', 'devpi', 'proxpi', 'pypiserver', 'registry', 'skopeo'],
  () => {
    let tree: ModuleTree;
    let image: OciImage;
    let daemon: DaemonProcess;
    const folders: string[] = [];
    const running: { close(): Promise<void> }[] = [];
    const started = async <S extends { close(): Promise<void> }>(starting: Promise<S>): Promise<S> => {
      const server = await starting;
      running.push(server);
      return server;
    };

    beforeAll(async () => {
      tree = moduleTree();
      image = makeOciImage();
      const ofNpm = await npm();
      const mirrors = [...ofNpm, ...(await pypi()), ...(await go()), ...(await oci())];
      daemon = await startDaemon({
        yaml: `
vantage: real
schedule: { every: 2s, timeout: 30s, perHost: 4 }
steps:
  metadata: 2s
  packument: { every: 10s, timeout: 30s }
  simplehtml: 4s
  latest: 4s
  sumdb: 4s
  manifest: 4s
mirrors:
${mirrors.map((mirror) => `  - { ${mirror} }`).join('\n')}
modules:
  npm: [ hello@1.0.0 ]
  pypi: [ tiny@1.0 ]
  go: [ ${quote.path}@${quote.version} ]
  oci: [ "${upstream}/${repository}@${image.listDigest}" ]
go: { sumdb: ${tree.sumdbName} }
`,
      });
    });

    afterAll(async () => {
      await daemon?.close();
      for (const server of running) await server.close();
      for (const folder of folders) removeTempDir(folder);
    });

    const mirror = (ecosystem: string, name: string, url: string, more = ''): string =>
      `name: ${nameOf(ecosystem, name)}, ecosystem: ${ecosystem}, url: "${url}"${more}`;
    const isOrigin = ', role: origin';
    const ofStatic = async (files: Readonly<Record<string, string>>): Promise<Nginx> => {
      const root = writeTree(files);
      folders.push(root);
      return started(
        startNginx({ root, extra: 'index index.json index.html; types { application/json json; text/html html; }' }),
      );
    };

    async function npm(): Promise<readonly string[]> {
      const origin = await started(startNpmOrigin());
      const verdaccio: Verdaccio = await started(startVerdaccio(origin.url));
      const packument = await (await fetch(`${origin.url}/hello`)).text();
      const files = await ofStatic({ 'hello/index.json': packument });
      return [
        mirror('npm', 'origin', origin.url, isOrigin),
        mirror('npm', 'Verdaccio', verdaccio.url),
        mirror('npm', 'nginx', files.httpUrl),
      ];
    }

    async function pypi(): Promise<readonly string[]> {
      const origin = await started(startPypiOrigin());
      const devpi: Devpi = await started(startDevpi(`${origin.url}/simple`));
      const proxpi: Proxpi = await started(startProxpi(`${origin.url}/simple`));
      const pypiserver: Pypiserver = await started(startPypiserver(wheels));
      const files = await ofStatic({ 'simple/tiny/index.html': pageOfBandersnatch() });
      return [
        mirror('pypi', 'origin', `${origin.url}/simple`, isOrigin),
        mirror('pypi', 'devpi', devpi.url),
        mirror('pypi', 'proxpi', proxpi.url),
        mirror('pypi', 'pypiserver', pypiserver.url),
        mirror('pypi', 'nginx', `${files.httpUrl}/simple`),
      ];
    }

    async function go(): Promise<readonly string[]> {
      const whole = copyModuleTree();
      putFile(whole, treePath(quote, '@latest'), JSON.stringify({ Version: quote.version }));
      const origin = await started(startNginx({ root: whole.dir }));
      const files = await started(startNginx({ root: tree.dir }));
      const relays = { [tree.sumdbName]: `${origin.httpUrl}/sumdb/${tree.sumdbName}` };
      const goproxy: Goproxy = await started(startGoproxy({ upstream: origin.httpUrl }));
      const relaying: Goproxy = await started(startGoproxy({ upstream: origin.httpUrl, relays }));
      return [
        mirror('go', 'origin', origin.httpUrl, isOrigin),
        mirror('go', 'goproxy', goproxy.url),
        mirror('go', 'goproxy with --proxied-sumdbs', relaying.url),
        mirror('go', 'nginx', files.httpUrl),
      ];
    }

    async function oci(): Promise<readonly string[]> {
      const registry: OciRegistry = await started(startOciRegistry());
      await skopeoPush(image, registry.host, repository);
      const through = await started(startOciRegistry({ upstream: registry.url }));
      const more = `, upstream: "${upstream}"`;
      return [
        mirror('oci', 'docker-registry', registry.url, more),
        mirror('oci', 'docker-registry as a pull-through cache', through.url, more),
      ];
    }

    const nameOf = (ecosystem: string, server: string): string =>
      `${ecosystem}-${server.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;

    interface Mirrors {
      readonly mirrors: readonly { readonly registry: string; readonly capabilities: Capabilities }[];
    }

    /** The steps whose responses show capabilities, and the page in HTML, which must not. */
    const steps = ['metadata', 'packument', 'index', 'simplehtml', 'latest', 'sumdb', 'digest', 'manifest'];

    async function isProbed(): Promise<boolean> {
      const { targets } = await daemon.api<Targets>('targets?limit=500');
      return targets.every(({ step, lastOutcome }) => !steps.includes(step) || lastOutcome === 'ok');
    }

    async function capabilitiesNow(): Promise<typeof expected> {
      const { mirrors } = await daemon.api<Mirrors>('mirrors');
      const of = new Map(mirrors.map(({ registry, capabilities }) => [registry, capabilities]));
      const ofServers = ([ecosystem, servers]: [string, Readonly<Record<string, Capabilities>>]) =>
        [
          ecosystem,
          Object.fromEntries(Object.keys(servers).map((name) => [name, of.get(nameOf(ecosystem, name)) ?? {}])),
        ] as const;
      return Object.fromEntries(Object.entries(expected).map(ofServers));
    }

    test('is as the table says after all steps, and is no finding', async () => {
      await until('each step was ok', isProbed, Boolean, { help: daemon.log });
      const all = (now: typeof expected): boolean => countOf(now) >= countOf(expected);
      expect(await until('all capabilities are known', capabilitiesNow, all, { help: daemon.log })).toEqual(expected);
      const { findings } = await daemon.api<Findings>('findings');
      expect(findings.filter(({ kind }) => kind === 'capability')).toEqual([]);
    });
  },
);

function countOf(servers: typeof expected): number {
  return Object.values(servers)
    .flatMap((of) => Object.values(of))
    .reduce((sum, capabilities) => sum + Object.keys(capabilities).length, 0);
}
