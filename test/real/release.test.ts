import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { installedPaths } from '../../tools/release/licences.ts';
import { publishCommands } from '../../tools/release/publish.ts';
import { isSigned } from '../../tools/release/sign.ts';
import { alone } from '../support/alone.ts';
import { startContainerd } from '../support/containerd.ts';
import { addNamespace, removeNamespace } from '../support/namespace.ts';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { mustRun, run, startProcess } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { importImage, mountImage, runImage, triesToWrite, writeSpec } from './container-parts.ts';

const text = (path: string): string => readFileSync(join(repoDir, path), 'utf8');
const { version } = JSON.parse(text('package.json')) as { readonly version: string };
const program = join(repoDir, 'tools/release/release.ts');

real('the dry run of a release, without any network', ['netns', 'npm', 'deploy', 'skopeo', 'containerd'], () => {
  let folder = '';
  let out = '';
  let said = '';
  beforeAll(async () => {
    folder = tempDir('release');
    out = join(folder, 'release');
    const args = ['--net', process.execPath, program, '--tag', `v${version}`, '--dry-run', '--publish', '--out', out];
    const { code, stderr } = await alone('dist', () =>
      run(commandPath('unshare'), args, { cwd: folder, env: { GOGC: 'off' } }),
    );
    expect(code, stderr).toBe(0);
    said = stderr;
  });

  it('leaves every artifact in a folder, with checksums and a signature of them', () => {
    const artifacts = [
      'licences.txt',
      `mirrorwatch-${version}.cdx.json`,
      `mirrorwatch-${version}.tgz`,
      `mirrorwatch-chart-${version}.tgz`,
      `mirrorwatch-image-${version}.oci.tar`,
      `mirrorwatch-kustomize-${version}.tar.gz`,
      `mirrorwatch-monitoring-${version}.tar.gz`,
      'notes.md',
    ];
    const signed = ['SHA256SUMS', 'SHA256SUMS.pub', 'SHA256SUMS.sig'];
    expect(readdirSync(out).sort()).toEqual([...signed, ...artifacts].sort());
    const hash = (name: string): string =>
      createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex');
    expect(readFileSync(join(out, 'SHA256SUMS'), 'utf8')).toBe(
      artifacts.map((name) => `${hash(name)}  ${name}\n`).join(''),
    );
    expect(isSigned(join(out, 'SHA256SUMS'))).toBe(true);
  });

  it('has a bill of materials of exactly what an installation brings', () => {
    const { bomFormat, components } = JSON.parse(readFileSync(join(out, `mirrorwatch-${version}.cdx.json`), 'utf8'));
    const installed = installedPaths(repoDir).map((path) => {
      const json = JSON.parse(text(join(path, 'package.json')));
      return `${json.name}@${json.version}`;
    });
    const named = components.map(
      (one: { group?: string; name: string; version: string }) =>
        `${one.group === undefined || one.name.startsWith('@') ? '' : `${one.group}/`}${one.name}@${one.version}`,
    );
    expect([bomFormat, [...new Set(named)].sort()]).toEqual(['CycloneDX', [...new Set(installed)].sort()]);
  });

  it('has an image whose layers are whole, with the settings and labels of the Dockerfile', async () => {
    const archive = `oci-archive:${join(out, `mirrorwatch-image-${version}.oci.tar`)}`;
    await mustRun('skopeo', ['copy', '--insecure-policy', archive, `dir:${join(folder, 'image')}`]);
    const { config } = JSON.parse(await mustRun('skopeo', ['inspect', '--config', archive]));
    expect(config).toMatchObject({
      User: '1000:1000',
      WorkingDir: '/app',
      Entrypoint: ['/usr/local/bin/node', '/app/dist/main.js'],
      Cmd: ['run'],
      Labels: {
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.base.name': expect.stringMatching(/^docker\.io\/library\/node:\d+\.\d+\.\d+-/),
      },
    });
    expect(config.Env).toContain('MIRRORWATCH_CONFIG=/etc/mirrorwatch/mirrorwatch.yaml');
  });

  function renderChart(values: string, ...more: readonly string[]): Promise<string> {
    const chart = join(out, `mirrorwatch-chart-${version}.tgz`);
    const args = ['template', 'w', chart, '-f', join(repoDir, values), '--kube-version', '1.32.0'];
    return mustRun(commandPath('helm'), [...args, ...more]);
  }

  /** What the pod of `helm test` runs in the image; the container here stands for the Service. */
  async function chartTestArgs(): Promise<readonly string[]> {
    const rendered = await renderChart('deploy/kubernetes/manifests/values.yaml');
    const pods = parseAllDocuments(rendered).flatMap((one) => {
      const { kind, spec, metadata } = one.toJS() ?? {};
      return kind === 'Pod' && metadata.annotations['helm.sh/hook'] === 'test' ? spec.containers : [];
    });
    expect(pods).toMatchObject([{ args: ['health', '--ready', '--url', 'http://w-mirrorwatch:10120'] }]);
    return pods[0].args.map((arg: string) => arg.replace('w-mirrorwatch', '127.0.0.1'));
  }

  it('has an image that containerd runs read-only, as its own user and under an id that it does not name', async () => {
    const archive = join(out, `mirrorwatch-image-${version}.oci.tar`);
    const { config } = JSON.parse(await mustRun('skopeo', ['inspect', '--config', `oci-archive:${archive}`]));
    const [node] = config.Entrypoint;
    const bundle = tempDir('container');
    const root = join(bundle, 'root');
    mkdirSync(root);
    const [ns, containerd] = [await addNamespace(), await startContainerd()];
    try {
      await importImage(containerd, archive);
      const own = await runImage(containerd, version, [node, '-e', triesToWrite]);
      expect([own.stdout, own.code], own.stderr).toEqual(['[1000,1000,"EROFS","EROFS"]\n', 0]);

      expect(await mountImage(containerd, version, root)).toMatchObject({ code: 0 });
      await writeSpec(bundle, config, { root, uid: 54_321, ns });
      const daemon = await startProcess({
        name: 'ctr run',
        command: commandPath('ctr'),
        args: [...containerd.at, 'run', '--rm', '--config', join(bundle, 'config.json'), 'watch'],
        ready: ({ log }) => log().includes('"msg":"watching"'),
      });
      const ended = new Promise((resolve) => daemon.child.once('close', resolve));
      const exec = (id: string, ...args: readonly string[]) =>
        containerd.ctr(['tasks', 'exec', '--exec-id', id, 'watch', node, ...args]);
      const args = await chartTestArgs();
      let count = 0;
      const health = () => exec(`health-${count++}`, '/app/dist/main.js', ...args);
      await until('helm test', health, ({ code }) => code === 0, { help: daemon.log });
      expect((await exec('tries', '-e', triesToWrite)).stdout).toBe('[54321,0,"EROFS","written"]\n');
      await containerd.ctr(['tasks', 'kill', '--signal', 'SIGTERM', 'watch']);
      expect([await ended, daemon.log()]).toEqual([0, expect.stringMatching(/"msg":"draining"[\s\S]*"msg":"stopped"/)]);
    } finally {
      await containerd.ctr(['images', 'unmount', root]);
      await containerd.close();
      await removeNamespace(ns);
    }
  });

  it('has a chart that renders without the repository, with its rules and boards', async () => {
    const values = 'deploy/kubernetes/mirrorwatch/ci/everything-values.yaml';
    const told = await renderChart(values, '--api-versions', 'monitoring.coreos.com/v1');
    for (const kind of ['PrometheusRule', 'ConfigMap', 'Deployment']) expect(told).toContain(`kind: ${kind}`);
    expect(told).toContain('MirrorDown');
  });

  it('prints what it would publish, and publishes nothing', () => {
    for (const [command, ...args] of publishCommands(version, out))
      expect(said).toContain(`would run: ${[command, ...args].join(' ')}`);
    expect(said).not.toMatch(/^\$ (npm publish|skopeo|gh|go|docker)/m);
  });

  it('refuses a tag that is not the version of package and chart, before it makes anything', async () => {
    const other = join(folder, 'other');
    const { code, stderr } = await run(process.execPath, [program, '--tag', 'v99.0.0', '--dry-run', '--out', other]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`the tag is v99.0.0, but package.json has ${version}`)]);
    expect(existsSync(other)).toBe(false);
  });
});

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] }>
  >;
}
const workflows = readdirSync(join(repoDir, '.github/workflows')).map((name) => `.github/workflows/${name}`);

real('the workflows', ['deploy'], () => {
  it('are clean by actionlint', async () => {
    const files = workflows.map((path) => join(repoDir, path));
    expect(await mustRun(commandPath('actionlint'), ['-no-color', '-shellcheck=', '-pyflakes=', ...files])).toBe('');
  });

  it.each(workflows)('%s pins actions by commit with their tag beside, and calls scripts of the repository', (path) => {
    const { jobs } = parse(text(path)) as Workflow;
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const uses = steps.flatMap((step) => step.uses ?? []);
    for (const action of uses) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+(\/[\w-]+)?@[0-9a-f]{40}$/);
      expect(text(path)).toMatch(new RegExp(`uses: ${action} # v\\d+\\.\\d+\\.\\d+\\n`));
    }
    const { scripts } = JSON.parse(text('package.json'));
    const known = /^(apt-get update && apt-get install |npm ci |\.ci\/(run|provision)\b|npm run ([\w-]+)\b)/;
    for (const step of steps.flatMap((one) => one.run ?? [])) {
      const [, , file, script] = known.exec(step) ?? [];
      expect(step).toMatch(known);
      if (file !== undefined) expect(existsSync(join(repoDir, '.ci', file))).toBe(true);
      if (script !== undefined) expect(scripts[script]).toBeDefined();
    }
  });
});
