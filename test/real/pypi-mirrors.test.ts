import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Devpi, startDevpi } from '../support/devpi.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { run } from '../support/process.ts';
import { type PypiClientEnv, pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { type PypiIndex, startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { type Pypiserver, startPypiserver } from '../support/pypiserver.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Advices, Findings, ProbeJson, Targets } from './views.ts';

const wheel = tinyWheel('tiny', '1.0');
const project = ['tiny==1.0'];

/** What a shell has once it has evaluated the lines, as `eval "$(curl …)"` does. */
async function envAfter(lines: string): Promise<PypiClientEnv> {
  const script = 'eval "$1" && printf "%s\\n%s" "$PIP_INDEX_URL" "$UV_DEFAULT_INDEX"';
  const shell = await run('sh', ['-c', script, 'sh', lines]);
  if (shell.code !== 0) throw new Error(`${lines}: ${shell.stderr}`);
  const [pip = '', uv = ''] = shell.stdout.split('\n');
  return { PIP_INDEX_URL: pip, UV_DEFAULT_INDEX: uv };
}

real(
  'Python indexes: one of ours, the real pypiserver, the real devpi, and one that serves other bytes',
  ['pip', 'uv', 'pypiserver', 'devpi'],
  () => {
    let dir: string;
    let a: PypiIndex;
    let b: Pypiserver;
    /** A pull-through of `origin`, with nothing in it at the start. */
    let c: Devpi;
    let origin: PypiIndex;
    let forger: PypiIndex;
    let daemon: DaemonProcess;

    beforeAll(async () => {
      dir = tempDir('pypi-mirrors');
      a = await startPypiIndex({ wheels: [wheel] });
      b = await startPypiserver([wheel]);
      origin = await startPypiIndex({ wheels: [wheel] });
      c = await startDevpi(origin.indexUrl);
      forger = await startPypiIndex({ wheels: [tinyWheel('tiny', '1.0', 'x = 1\n')] });
      writeFileSync(join(dir, 'requirements.txt'), `tiny==1.0 --hash=sha256:${wheel.sha256}\n`);
      daemon = await startDaemon({
        dir,
        yaml: `
vantage: real
schedule: { every: 2s, timeout: 30s, perHost: 4 }
steps: { wheelmeta: 8s, simplehtml: 8s, provenance: 8s, file: { every: 6s, timeout: 30s } }
mirrors:
  - { name: a, ecosystem: pypi, url: "${a.indexUrl}", weight: 100 }
  - { name: b, ecosystem: pypi, url: "${b.url}", weight: 50 }
  - { name: c, ecosystem: pypi, url: "${c.url}", weight: 25 }
  - { name: forger, ecosystem: pypi, url: "${forger.indexUrl}" }
clients: { pypi: "${a.indexUrl}" }
modules: { pypi: [ { from: requirements.txt } ] }
advise: { hold: 6s }
`,
      });
    });

    afterAll(async () => {
      await daemon?.close();
      for (const server of [a, b, c, origin, forger]) await server?.close();
    });

    test('every step of the honest ones is ok, the file by the hash of the lock file', async () => {
      const { targets } = await until(
        'all targets of the honest ones ok',
        () => daemon.api<Targets>('targets?limit=100'),
        (answer) =>
          answer.targets.filter((one) => one.registry !== 'forger' && one.lastOutcome === 'ok').length === 3 * 5,
        { help: daemon.log },
      );
      for (const target of targets.filter(({ registry, step }) => registry !== 'forger' && step === 'file')) {
        const probe = await daemon.api<ProbeJson>(`probes/${target.probeId}`);
        expect(probe.facts.verified, target.id).toMatchObject({ algorithm: 'sha256', against: 'pinned' });
      }
    });

    test('a mirror whose page and files have other bytes is detected', async () => {
      const { findings } = await until(
        'the mismatch',
        () => daemon.api<Findings>('findings'),
        (answer) => answer.findings.some(({ kind }) => kind === 'mismatch'),
        { help: daemon.log },
      );
      expect(findings.filter(({ kind }) => kind === 'mismatch').map(({ registry }) => registry)).toEqual(['forger']);
    });

    test('the preferred one dies: with the lines that we give the real pip and uv install, with the declared setting not', async () => {
      const declared = { PIP_INDEX_URL: a.indexUrl, UV_DEFAULT_INDEX: a.indexUrl };
      expect([(await pipDownload(project, declared)).code, (await uvInstall(project, declared)).code]).toEqual([0, 0]);
      await a.kill();
      const { advice } = await until(
        'advice to leave a',
        () => daemon.api<Advices>('advice'),
        (answer) => answer.advice.some(({ state, from, to }) => state === 'proposed' && from === 'a' && to === 'b'),
        { help: daemon.log },
      );
      const [proposed] = advice.filter(({ state }) => state === 'proposed');
      expect(proposed?.chain).toEqual({ before: a.indexUrl, after: b.url });
      const lines = await daemon.get('/api/v1/advice/pypi/remedy?as=env');
      expect([lines.status, lines.headers['x-advice-id']]).toEqual([200, proposed?.id]);
      const advised = await envAfter(lines.text);
      expect(advised).toEqual({ PIP_INDEX_URL: `${b.url}/`, UV_DEFAULT_INDEX: `${b.url}/` });
      for (const fetch of [pipDownload, uvInstall]) {
        const [before, after] = [await fetch(project, declared), await fetch(project, advised)];
        console.info(`${fetch.name}: declared ${before.code}, advised ${after.code}\n${after.stdout}${after.stderr}`);
        expect([before.code === 0, after.code], `${before.stderr}${after.stderr}`).toEqual([false, 0]);
      }
      expect(proposed?.remedy['pip']).toBe(`[global]\nindex-url = ${b.url}/`);
      expect(proposed?.remedy['uv']).toContain(`url = "${b.url}/"`);
    });

    test('the advised one dies too: devpi is next, and hands on what its upstream has', async () => {
      await b.close();
      await until(
        'advice to go to c',
        () => daemon.api<Advices>('advice'),
        (answer) => answer.advice.some(({ state, to }) => state === 'proposed' && to === 'c'),
        { help: daemon.log },
      );
      const advised = await envAfter((await daemon.get('/api/v1/advice/pypi/remedy?as=env')).text);
      expect(advised).toEqual({ PIP_INDEX_URL: `${c.url}/`, UV_DEFAULT_INDEX: `${c.url}/` });
      for (const fetch of [pipDownload, uvInstall]) {
        const after = await fetch(project, advised);
        expect(after.code, `${after.stdout}${after.stderr}`).toBe(0);
      }
      expect(origin.paths()).toContain(`/files/${wheel.file}`);
    });

    test('it ends with 0, and nothing it wrote is a defect', async () => {
      expect(await daemon.stop()).toBe(0);
      expect(daemon.log()).not.toContain('defect');
    });
  },
);
