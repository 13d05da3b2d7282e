import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Config } from '../../src/core/config.ts';
import type { Target } from '../../src/core/mirror.ts';
import type { Workers } from '../../src/core/ports.ts';
import type { Sample } from '../../src/core/sample.ts';
import { buildWorkerBook, nothingLearnt } from '../../src/daemon/book.ts';
import { systemClock, systemRandom } from '../../src/daemon/machine.ts';
import { dueOf } from '../../src/daemon/once.ts';
import { processLog, workersFor } from '../../src/daemon/system.ts';
import { createDetector } from '../../src/detect/detector.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { readConfig } from '../daemon/world.ts';
import { type Answer, text } from '../support/answer.ts';
import { startDevpi } from '../support/devpi.ts';
import { startGoproxy } from '../support/goproxy.ts';
import { copyModuleTree, moduleTree, removeVersion } from '../support/goproxy-tree.ts';
import { startNginx } from '../support/nginx.ts';
import { type PackedPackage, packPackage } from '../support/npm-registry.ts';
import { makeOciImage } from '../support/oci-image.ts';
import { startOciRegistry } from '../support/oci-registry.ts';
import { skopeoPush } from '../support/oci-skopeo.ts';
import { projectList, startProxpi } from '../support/proxpi.ts';
import { pypiAnswerOf, tinyWheel } from '../support/pypi-index.ts';
import { startPypiserver } from '../support/pypiserver.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { startVerdaccio } from '../support/verdaccio.ts';
import { at, countingRandom } from '../unit/detect/world.ts';

/** What a server still has of a version that its origin withdrew; docs/verified-content.md shows it. */
interface Row {
  readonly server: string;
  readonly item: string;
  readonly lists: boolean | null;
  readonly serves: boolean | null;
  readonly found: boolean;
}
const expected = table<readonly Row[]>('real/withdrawals', 'rows');

const minute = 60_000;
/** True after the origins have withdrawn. */
let isAfter = false;

const packed = ['removed', 'replaced', 'kept'].flatMap((name) =>
  ['1.0.0', '1.1.0', '0.0.1-security'].map((version) => packPackage({ name, version })),
);

/** The versions of a package that the registry has: of `replaced`, only the holding package of npm is left. */
function isThere({ name, version }: PackedPackage): boolean {
  if (isAfter && name === 'replaced') return version === '0.0.1-security';
  return version === '1.0.0' || (version === '1.1.0' && !(isAfter && name === 'removed'));
}

function npmAnswer(path: string, base: string): Answer {
  const there = packed.filter(isThere);
  const file = there.find(({ name, version }) => path === `/${name}/-/${name}-${version}.tgz`);
  if (file !== undefined)
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: file.tgz };
  const own = there.filter(({ name }) => path === `/${name}`);
  const newest = own.at(-1)?.version;
  if (newest === undefined) return { ...text(404, '{}'), headers: { 'content-type': 'application/json' } };
  const versions = own.map(({ name, version, manifest, integrity, shasum }) => [
    version,
    { ...manifest, dist: { integrity, shasum, tarball: `${base}/${name}/-/${name}-${version}.tgz` } },
  ]);
  const time = Object.fromEntries(own.map(({ version }) => [version, '2026-01-02T03:04:05.000Z']));
  const body = { name: path.slice(1), 'dist-tags': { latest: newest }, versions: Object.fromEntries(versions), time };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

const wheels = ['yanked', 'deleted', 'quarantined', 'kept'].flatMap((name) => [
  tinyWheel(name, '1.0'),
  tinyWheel(name, '1.1'),
]);

function pypiAnswer(request: Parameters<typeof pypiAnswerOf>[0]): Answer {
  if (request.path === '/simple/') return projectList(wheels);
  const there = wheels.filter(
    ({ name, version }) => !isAfter || (name !== 'quarantined' && (name !== 'deleted' || version === '1.0')),
  );
  const answer = pypiAnswerOf(request, wheels);
  const isJson = answer.headers?.['content-type']?.includes('json') === true;
  if (!isAfter || !isJson) return pypiAnswerOf(request, there);
  const page = JSON.parse(answer.body.toString()) as { readonly name: string; readonly files: { filename: string }[] };
  const files = page.files
    .filter(({ filename }) => there.some(({ file }) => file === filename))
    .map((file) => ({ ...file, yanked: page.name === 'yanked' && file.filename.includes('-1.1') }));
  const status = page.name === 'quarantined' ? { 'project-status': { status: 'quarantined' } } : {};
  const versions = page.name === 'quarantined' ? [] : ['1.0', '1.1'];
  return { ...answer, body: Buffer.from(JSON.stringify({ ...page, ...status, versions, files })) };
}

real(
  'what real servers still have of what their origin withdrew',
  ['nginx', 'tree', 'go', 'goproxy', 'verdaccio', 'devpi', 'proxpi', 'pypiserver', 'registry', 'skopeo'],
  () => {
    const running: { close(): Promise<void> }[] = [];
    let config: Config;
    let workers: Workers;
    const image = makeOciImage();
    const quote = { path: 'rsc.io/quote', version: 'v1.5.2' };
    const whole = copyModuleTree();

    async function started<S extends { close(): Promise<void> }>(starting: Promise<S>): Promise<S> {
      const server = await starting;
      running.push(server);
      return server;
    }

    async function startScripted(
      answer: (request: Parameters<typeof pypiAnswerOf>[0], base: string) => Answer,
    ): Promise<RawServer> {
      const server: RawServer = await started(startRawServer({ answer: (request) => answer(request, server.url) }));
      return server;
    }

    /** A registry whose image is gone after the withdrawal. */
    async function startOciOrigin(): Promise<string> {
      const registry = await started(startOciRegistry());
      for (const name of ['team/app', 'team/kept']) await skopeoPush(image, registry.host, name);
      const server = createServer(async ({ url = '', method = 'GET', headers }, response) => {
        if (isAfter && /^\/v2\/team\/app\/(?:manifests|blobs)\//.test(url)) return void response.writeHead(404).end();
        const { accept = '*/*' } = headers;
        const got = await fetch(`${registry.url}${url}`, { method, headers: { accept } });
        const body = Buffer.from(await got.arrayBuffer());
        const kept = ['content-type', 'content-length', 'docker-content-digest', 'docker-distribution-api-version'];
        response.writeHead(got.status, Object.fromEntries(kept.map((key) => [key, got.headers.get(key) ?? ''])));
        response.end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      running.push({
        async close() {
          server.closeAllConnections();
          server.close();
        },
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    beforeAll(async () => {
      const npm = await startScripted(({ path }, base) => npmAnswer(path, base));
      const pypi = await startScripted((request) => pypiAnswer(request));
      const go = await started(startNginx({ root: whole.dir }));
      const oci = await startOciOrigin();
      const verdaccio = await started(startVerdaccio(npm.url));
      const devpi = await started(startDevpi(`${pypi.url}/simple`, [], { mirror_cache_expiry: 1 }));
      const proxpi = await started(startProxpi(`${pypi.url}/simple`));
      const pypiserver = await started(startPypiserver(wheels));
      const goproxy = await started(startGoproxy({ upstream: go.httpUrl }));
      const files = await started(startNginx({ root: moduleTree().dir }));
      const through = await started(startOciRegistry({ upstream: oci }));
      const mirrors = [
        `name: npm-origin, ecosystem: npm, url: "${npm.url}", role: origin`,
        `name: Verdaccio, ecosystem: npm, url: "${verdaccio.url}"`,
        `name: pypi-origin, ecosystem: pypi, url: "${pypi.url}/simple", role: origin`,
        `name: devpi, ecosystem: pypi, url: "${devpi.url}"`,
        `name: proxpi, ecosystem: pypi, url: "${proxpi.url}"`,
        `name: pypiserver, ecosystem: pypi, url: "${pypiserver.url}"`,
        `name: go-origin, ecosystem: go, url: "${go.httpUrl}", role: origin`,
        `name: goproxy, ecosystem: go, url: "${goproxy.url}"`,
        `name: nginx, ecosystem: go, url: "${files.httpUrl}"`,
        `name: oci-origin, ecosystem: oci, upstream: "127.0.0.9", url: "${oci}", role: origin`,
        `name: docker-registry, ecosystem: oci, upstream: "127.0.0.9", url: "${through.url}"`,
      ];
      const read = readConfig(`
schedule: { every: 30s, timeout: 30s }
mirrors:
${mirrors.map((one) => `  - { ${one} }`).join('\n')}
modules:
  npm: [ kept@1.1.0, removed@1.1.0, replaced@1.1.0 ]
  pypi: [ kept==1.1, yanked==1.1, deleted==1.1, quarantined==1.1 ]
  go: [ github.com/google/uuid@v1.6.0, ${quote.path}@${quote.version} ]
  oci: [ "127.0.0.9/team/kept@${image.imageDigest}", "127.0.0.9/team/app@${image.imageDigest}" ]
go: { sumdb: off }
state: { path: /nowhere/state.db }
`);
      if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
      config = read.value;
      const facts = { version: '0.0.0-test', node: process.version, log: { level: 'error', pretty: false } } as const;
      workers = workersFor(
        buildWorkerBook({ config, learnt: nothingLearnt, version: facts.version }),
        processLog(facts),
        1,
      );
    });

    afterAll(async () => {
      await workers?.close();
      for (const server of running) await server.close();
    });

    /** Requests all targets of all servers, and gives the samples to the detector, as if they ended at this time. */
    async function playRound(
      detector: ReturnType<typeof createDetector>,
      targets: readonly Target[],
      ms: number,
    ): Promise<ReadonlyMap<string, Sample>> {
      const samples = new Map<string, Sample>();
      for (const target of targets.toSorted((a, b) => Number(isOrigin(b)) - Number(isOrigin(a)))) {
        const due = dueOf(target, 30_000, { clock: systemClock, random: systemRandom });
        const { sample } = await workers.probe({ ...due, purpose: 'scheduled' });
        const times = {
          startedAtMs: at(ms).wallMs,
          startedMonotonicMs: ms,
          endedMonotonicMs: ms + 50,
          loopDelayMsMax: 0,
        };
        samples.set(target.id, { ...sample, ...times });
        detector.take({ ...sample, ...times }, at(ms + 50));
      }
      detector.tick(at(ms + minute));
      return samples;
    }

    const isOrigin = ({ registry }: Target): boolean => registry.endsWith('-origin');
    /** The step that lists versions, the spelling of the version in it, and the step that downloads the artifact. */
    const shown: Readonly<Record<string, readonly [list: string | null, version: string, artifact: string]>> = {
      npm: ['metadata', '1.1.0', 'tarball'],
      pypi: ['index', '1.1', 'file'],
      go: ['list', 'v1.5.2', 'zip'],
      oci: [null, '', 'blob'],
    };

    test('is as the table says some time after the withdrawal', async () => {
      // devpi has an empty page in HTML for a project without files. It looks like any other page.
      const targets = expandTargets(config).filter(({ step }) => step !== 'simplehtml');
      const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
      let ms = 0;
      for (let round = 0; round < 2; round += 1) {
        await playRound(detector, targets, ms);
        ms += 5 * minute;
      }
      isAfter = true;
      removeVersion(whole, quote);
      let last: ReadonlyMap<string, Sample> = new Map();
      for (let round = 0; round < 8; round += 1) {
        // devpi and proxpi keep a page for a second.
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        last = await playRound(detector, targets, ms);
        ms += 15 * minute;
      }
      const findings = detector.findings().filter(({ cause }) => cause === 'withdrawn');
      const rows = expected.map(({ server, item }): Row => {
        const mirror = config.mirrors.find(({ name }) => name === server);
        const [list, version, artifact] = shown[mirror?.ecosystem ?? ''] ?? [null, '', ''];
        const own = [...last.values()].filter(
          ({ due: { target } }) => target.registry === server && target.module === item,
        );
        const ofStep = (step: string | null) => own.find(({ due }) => due.target.step === step);
        const versions = ofStep(list)?.facts.contents?.versions;
        const file = ofStep(artifact);
        return {
          server,
          item,
          lists:
            list === null
              ? null
              : versions?.newest.includes(version) === true && versions.yanked?.includes(version) !== true,
          serves: file === undefined ? null : file.outcome.tag === 'ok' || file.facts.isUnlisted === true,
          found: findings.some(
            ({ registry, scope }) => registry === server && scope.some(({ module }) => module === item),
          ),
        };
      });
      expect(rows).toEqual(expected);
      // The 404s of devpi count in the first hour, but they are no refusal or outage any more.
      const others = detector.findings().filter(({ kind }) => ['refusal', 'outage', 'mismatch'].includes(kind));
      expect(others.map(({ text: found }) => found)).toEqual([]);
    });
  },
);
