import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { goDownload } from '../support/go-client.ts';
import { type Goproxy, startGoproxy } from '../support/goproxy.ts';
import { copyModuleTree, type ModuleTree, moduleTree, putFile, treePath } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { makeZip } from '../support/synthetic-modules.ts';
import { type DaemonProcess, mirrorwatch, startDaemon } from './daemon.ts';
import type { AdviceJson, Advices, Findings, Mirrors, ProbeJson, TargetJson, Targets } from './views.ts';

/** Of the tree, what go.sum pins here; the first is the canary. */
const modules = ['rsc.io/quote@v1.5.2', 'github.com/BurntSushi/toml@v1.6.0', 'github.com/google/uuid@v1.6.0'];
/** list and latest of four modules; info, mod and zip of four versions; sumdb. */
const targetsEach = 4 * 2 + 4 * 3 + 1;
const quote = { path: 'rsc.io/quote', version: 'v1.5.2' };

/** What a shell has in GOPROXY once it has evaluated a line, as `eval "$(curl …)"` does. */
async function goproxyAfter(line: string): Promise<string> {
  const shell = await run('sh', ['-c', `eval "$1" && printf %s "$GOPROXY"`, 'sh', line]);
  if (shell.code !== 0) throw new Error(`${line}: ${shell.stderr}`);
  return shell.stdout;
}

real('a real mirror, a real cache in front of it, and a real origin', ['nginx', 'tree', 'go', 'goproxy'], () => {
  let tree: ModuleTree;
  let dir: string;
  let a: Nginx;
  let b: Goproxy;
  let origin: Nginx;
  let forger: Nginx;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    tree = moduleTree();
    dir = tempDir('go-mirrors');
    a = await startNginx({ root: tree.dir, prefix: '/goproxy/' });
    origin = await startNginx({ root: tree.dir });
    // In front of `a`, with a way to the checksum database of its own: it can stand in for `a` when that is gone.
    b = await startGoproxy({
      upstream: a.httpsUrl,
      relays: { [tree.sumdbName]: `${origin.httpsUrl}/sumdb/${tree.sumdbName}` },
      tls: true,
    });
    // It serves a well-formed zip of one module with other bytes in it.
    const forged = copyModuleTree();
    putFile(
      forged,
      treePath(quote, 'zip'),
      makeZip(new Map([[`${quote.path}@${quote.version}/go.mod`, Buffer.from('module rsc.io/quote\n')]])),
    );
    forger = await startNginx({ root: forged.dir });
    const got = await goDownload(modules, { goproxy: origin.httpsUrl });
    const sums = got.modules.flatMap(({ id, sum, goModSum }) => {
      const [path = '', version = ''] = id.split('@');
      return [`${path} ${version} ${sum}`, `${path} ${version}/go.mod ${goModSum}`];
    });
    writeFileSync(join(dir, 'go.sum'), `${sums.join('\n')}\n`);
    writeFileSync(join(dir, 'go.mod'), `module example.com/app\n\ngo 1.21\n\nrequire rsc.io/quote v1.5.2\n`);
    daemon = await startDaemon({ dir, yaml: configuration() });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const server of [a, b, origin, forger]) await server?.close();
  });

  const configuration = (): string => `
vantage: real
schedule: { every: 4s, timeout: 30s, perHost: 4 }
steps: { list: 8s, info: 8s, latest: 8s, sumdb: 8s, zip: { every: 12s, timeout: 30s } }
mirrors:
  - { name: a, ecosystem: go, url: "${a.httpsUrl}/", weight: 100, tls: { ca: "${testCerts().ca.certFile}" } }
  - { name: b, ecosystem: go, url: "${b.url}", weight: 50, tls: { ca: "${testCerts().ca.certFile}" } }
  - { name: origin, ecosystem: go, url: "${origin.httpsUrl}", role: origin, tls: { ca: "${testCerts().ca.certFile}" } }
  - { name: forger, ecosystem: go, url: "${forger.httpUrl}" }
clients: { go: "${a.httpsUrl},${b.url}|direct" }
modules: { go: [ { from: go.sum }, rsc.io/sampler@latest ] }
go: { sumdb: ${tree.sumdbName} }
advise: { hold: 6s }
`;
  const proposed = (causes: readonly string[], everyMs?: number): Promise<AdviceJson | undefined> =>
    until(
      `advice because of ${causes.join(' or ')}`,
      async () =>
        (await daemon.api<Advices>('advice')).advice.find(
          (one) => one.state === 'proposed' && causes.includes(one.cause),
        ),
      (advice) => advice !== undefined,
      { help: daemon.log, ...(everyMs === undefined ? {} : { everyMs }) },
    );

  test('every step of every honest mirror is ok, on hashes that go.sum pins, with its phases', async () => {
    const isHonest = ({ registry }: TargetJson): boolean => registry !== 'forger';
    const honestOk = async (): Promise<readonly TargetJson[]> =>
      (await daemon.api<Targets>('targets?limit=500')).targets.filter(
        (one) => isHonest(one) && one.lastOutcome === 'ok',
      );
    // Each once: on a busy machine some answer is always of the kind that nobody can judge.
    const wereOk = new Map<string, TargetJson>();
    await until(
      'each target of the honest mirrors was ok',
      async () => {
        for (const one of await honestOk()) wereOk.set(one.id, one);
        return wereOk.size;
      },
      (count) => count === 3 * targetsEach,
      { help: daemon.log },
    );
    const targets = [...wereOk.values()];
    const { mirrors } = await daemon.api<Mirrors>('mirrors');
    const steps = (registry: string): readonly string[] =>
      [...new Set(targets.filter((target) => target.registry === registry).map(({ step }) => step))].sort();
    for (const registry of ['a', 'b', 'origin']) {
      expect(steps(registry)).toEqual(['info', 'latest', 'list', 'mod', 'sumdb', 'zip']);
      expect(mirrors.find((mirror) => mirror.registry === registry)?.state, registry).toBe('up');
    }
    for (const target of targets.filter(({ step }) => step === 'zip' || step === 'mod')) {
      const isOk = async (): Promise<TargetJson | undefined> => (await honestOk()).find(({ id }) => id === target.id);
      const now = await until(`${target.id} is ok`, isOk, (one) => one !== undefined);
      const probe = await daemon.api<ProbeJson>(`probes/${now?.probeId}`);
      if (modules.includes(`${target.module}@${target.version}`))
        expect(probe.facts.verified, target.id).toMatchObject({ algorithm: 'h1', against: 'pinned' });
      const phases = Object.keys(probe.phasesSeconds).sort();
      // The mirrors are addresses: no name was resolved, and what did not happen is absent.
      expect(phases, target.id).toEqual(['connect', 'processing', 'tls', 'transfer']);
      const sum = Object.values(probe.phasesSeconds).reduce((total, seconds) => total + seconds, 0);
      expect(sum).toBeCloseTo(probe.rttSeconds ?? 0, 4);
    }
    // A busy machine cannot time some probes exactly, and these are in no histogram.
    for (const phase of ['connect', 'tls', 'processing', 'transfer']) {
      const labels = `ecosystem="go",registry="a",step="zip",connection="cold",phase="${phase}"`;
      const countOf = async () => (await daemon.metrics()).get(`mirror_probe_phase_seconds_count{${labels}}`) ?? 0;
      await until(`phase ${phase} is counted`, countOf, (count) => count > 0, { help: daemon.log });
    }
  });

  test('it introduces itself to the mirror, and asks no resolver for an address', async () => {
    const metrics = await daemon.metrics();
    const all = [...metrics].filter(
      ([name]) => name.startsWith('mirror_probe_unknown_total') && name.includes('"resolver"'),
    );
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter(([, count]) => count > 0)).toEqual([]);
    expect(a.accessLog()).toContain('mirrorwatch');
  });

  test('a mirror that serves other bytes is found out after a second look, and ends in no chain', async () => {
    const { findings } = await until(
      'the mismatch',
      () => daemon.api<Findings>('findings'),
      (answer) => answer.findings.some(({ kind }) => kind === 'mismatch'),
      { help: daemon.log },
    );
    expect(findings.filter(({ kind }) => kind === 'mismatch').map(({ registry }) => registry)).toEqual(['forger']);
    const { mirrors } = await daemon.api<Mirrors>('mirrors');
    expect(mirrors.find(({ registry }) => registry === 'forger')?.gate).toBe('mismatch');
  });

  test('`mirrorwatch probe` explains the real mirror, and the lack of trust in its CA', async () => {
    const trusted = await daemon.cli('probe', 'a', modules[1] ?? '', '--json');
    const stranger = await mirrorwatch(['probe', a.httpsUrl, modules[0] ?? '']);
    expect([trusted.code, trusted.stderr]).toEqual([0, '']);
    expect(stranger.code).toBe(1);
    expect(`${stranger.stdout}${stranger.stderr}`).toContain('tls_untrusted');
  });

  test('while all is well there is nothing to set', async () => {
    expect((await daemon.get('/api/v1/advice/go/remedy?as=env')).status).toBe(204);
    const advice = await daemon.cli('advice');
    expect([advice.code, advice.stderr]).toEqual([0, '']);
  });

  test('the preferred mirror dies: the advised line makes the real go client download; accepted, it stays set; then failback', async () => {
    await a.kill();
    // A few failures that the other did not share are enough: the outage may be named a moment later.
    const advice = await proposed(['outage', 'unreliable']);
    expect(advice).toMatchObject({ from: 'a', to: 'b', chain: { before: `${a.httpsUrl},${b.url}|direct` } });
    const remedy = await daemon.get('/api/v1/advice/go/remedy?as=env');
    expect(remedy.status).toBe(200);
    expect(remedy.headers['x-advice-id']).toBe(advice?.id);
    const goproxy = await goproxyAfter(remedy.text);
    expect(goproxy).toBe(`${b.url}|direct`);
    const before = await goDownload([modules[0] ?? ''], {
      goproxy: advice?.chain.before ?? '',
      sumdb: { relayed: true },
    });
    const after = await goDownload([modules[0] ?? ''], { goproxy, sumdb: { relayed: true } });
    // Behind a comma the go command moves on at 404 and 410 only: the declared chain is broken now.
    expect(before.modules).toEqual([]);
    expect([after.code, after.modules.map(({ id }) => id)]).toEqual([0, [modules[0]]]);

    const pending = await daemon.cli('advice');
    expect(pending.code).toBe(1);
    expect(pending.stdout).toContain(remedy.text.trim());
    const accepted = await daemon.cli('advice', 'accept', advice?.id ?? '');
    expect([accepted.code, accepted.stderr]).toEqual([0, '']);
    expect((await daemon.cli('advice')).code).toBe(0);
    expect((await daemon.cli('advice', 'accept', advice?.id ?? '')).code).toBe(1);
    const still = await daemon.get('/api/v1/advice/go/remedy?as=env');
    expect([still.status, still.text]).toEqual([200, remedy.text]);

    a = await startNginx({ root: tree.dir, prefix: '/goproxy/', httpPort: a.httpPort, httpsPort: a.httpsPort });
    // After an outage some 98 clean answers at their own pace, of some three a second, and a minute that holds no more of the
    // outage than any candidate may show (docs/detection.md, 6 and 7).
    const back = await proposed(['failback'], 2_000);
    expect(back).toMatchObject({ from: 'b', to: 'a', chain: { after: `${a.httpsUrl},${b.url}|direct` } });
    const way = await goproxyAfter((await daemon.get('/api/v1/advice/go/remedy?as=env')).text);
    expect(way).toBe(`${a.httpsUrl},${b.url}|direct`);
    expect((await goDownload([modules[2] ?? ''], { goproxy: way })).code).toBe(0);
    expect((await daemon.cli('advice', 'accept', back?.id ?? '')).code).toBe(0);
    expect((await daemon.get('/api/v1/advice/go/remedy?as=env')).status).toBe(204);
  });

  test('it ends with 0, and nothing it wrote is a defect', async () => {
    expect(await daemon.stop()).toBe(0);
    expect(daemon.log()).not.toContain('defect');
    expect(readFileSync(join(dir, 'go.sum'), 'utf8')).toContain('h1:');
  });
});
