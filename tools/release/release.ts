import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { ociArchive } from './image.ts';
import { installedPaths, licencesOf, licencesText } from './licences.ts';
import { importBoard, prometheusRule } from './monitoring.ts';
import { notesOf, versionOf } from './notes.ts';
import { fillProject, projectAt } from './project.ts';
import { publishCommands } from './publish.ts';
import { signWithNewKey } from './sign.ts';

// Makes all artifacts of a release in a folder, and publishes them.
//
//   node tools/release/release.ts --tag v1.0.0 --out DIR [--dry-run] [--publish]
//
// Without `--publish` nothing is published. `--dry-run` accepts a changelog whose section is still unreleased, signs
// with a temporary key, makes the image without a container engine and only for this platform, and prints the commands
// of `--publish`.

const root = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    tag: { type: 'string' },
    out: { type: 'string', default: 'release' },
    'dry-run': { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
  },
});
const version = versionOf(values.tag ?? '');
const isDry = values['dry-run'];
const out = resolve(values.out);
const at = (name: string): string => join(out, name);
const tool = (name: string): string => join(root, '.cache/bin', name);

function run(command: string, args: readonly string[], cwd: string = root): string {
  console.error(`$ ${[command, ...args].join(' ')}`);
  const output = execFileSync(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 2 ** 20,
  });
  return output.toString('utf8');
}

/**
 * Checks that package and chart have the version of the tag.
 * @throws Error if one of them has another version
 */
function checkVersions(): void {
  const versions: readonly (readonly [string, string])[] = [
    ['package.json', JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version],
    ['Chart.yaml', parse(readFileSync(join(root, 'deploy/kubernetes/mirrorwatch/Chart.yaml'), 'utf8')).version],
  ];
  for (const [file, found] of versions)
    if (found !== version) throw new Error(`the tag is v${version}, but ${file} has ${found}`);
}

/**
 * Fills in what a checkout does not know: the addresses of the project, the links of alerts to the runbook, and the
 * digests of images.
 * @throws Error outside a workflow of GitHub
 */
function fillIn(): void {
  const { GITHUB_REPOSITORY: repository = '', IMAGE: image } = process.env;
  fillProject(root, repository, image);
  run(process.execPath, ['tools/generate-alerts.ts']);
  run(process.execPath, ['tools/release/pins.ts']);
}

/** Makes the npm package, its bill of materials (CycloneDX), and a list of the licences of its dependencies. */
function makePackage(): void {
  if (!isDry) run('npm', ['audit', 'signatures']);
  run('npm', ['pack', '--silent', '--pack-destination', out]);
  writeFileSync(at(`mirrorwatch-${version}.cdx.json`), sbomWithoutDev());
  writeFileSync(at('licences.txt'), licencesText(licencesOf(root)));
}

/**
 * Makes the bill of materials from a copy of the lock file without development packages. `npm sbom --omit dev` would
 * also leave out packages that a development package names as an optional peer.
 */
function sbomWithoutDev(): string {
  const stage = mkdtempSync(join(tmpdir(), 'release-sbom-'));
  const { devDependencies: _, ...own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { devDependencies: __, ...first } = lock.packages[''];
  const packages = Object.fromEntries(installedPaths(root).map((path) => [path, lock.packages[path]]));
  writeFileSync(join(stage, 'package.json'), JSON.stringify(own));
  writeFileSync(join(stage, 'package-lock.json'), JSON.stringify({ ...lock, packages: { '': first, ...packages } }));
  const sbom = run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], stage);
  rmSync(stage, { recursive: true });
  return sbom;
}

/** Makes the files that operators load into Prometheus, Alertmanager, Grafana and Kubernetes. */
function makeDeployment(): void {
  run(tool('helm'), ['package', 'deploy/kubernetes/mirrorwatch', '--destination', out]);
  run('mv', [at(`mirrorwatch-${version}.tgz`), at(`mirrorwatch-chart-${version}.tgz`)]);
  const stage = mkdtempSync(join(tmpdir(), 'release-monitoring-'));
  for (const path of ['alerts', 'deploy/mixin', 'deploy/alertmanager.yml', 'deploy/grafana/provisioning'])
    cpSync(join(root, path), join(stage, path), { recursive: true });
  const rules = readFileSync(join(root, 'alerts/mirrorwatch.yml'), 'utf8');
  writeFileSync(join(stage, 'alerts/prometheusrule.yaml'), prometheusRule(rules));
  mkdirSync(join(stage, 'dashboards/import'), { recursive: true });
  for (const name of readdirSync(join(root, 'dashboards')).filter((one) => one.endsWith('.json'))) {
    const text = readFileSync(join(root, 'dashboards', name), 'utf8');
    writeFileSync(join(stage, 'dashboards', name), text);
    writeFileSync(
      join(stage, 'dashboards/import', name),
      `${JSON.stringify(importBoard(JSON.parse(text)), null, 2)}\n`,
    );
  }
  archive(`mirrorwatch-monitoring-${version}.tar.gz`, stage, ['alerts', 'dashboards', 'deploy']);
  rmSync(stage, { recursive: true });
  archive(`mirrorwatch-kustomize-${version}.tar.gz`, join(root, 'deploy/kubernetes'), ['manifests']);
}

function archive(name: string, folder: string, paths: readonly string[]): void {
  const common = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
  run('tar', [...common, '-czf', at(name), '-C', folder, ...paths]);
}

/**
 * Makes the image. A dry run uses no container engine: the same script makes the same root file system, as an OCI
 * archive of this platform.
 */
function makeImage(): void {
  const name = `mirrorwatch-image-${version}.oci.tar`;
  if (!isDry) {
    // The default driver of the engine can build for one platform only.
    run('docker', ['buildx', 'create', '--use']);
    run('docker', [
      'buildx',
      'build',
      '--platform',
      'linux/amd64,linux/arm64',
      '--provenance=mode=max',
      '--sbom=true',
      '--build-arg',
      `VERSION=${version}`,
      '--build-arg',
      `REVISION=${run('git', ['rev-parse', 'HEAD']).trim()}`,
      '--build-arg',
      `SOURCE=${projectAt(process.env['GITHUB_REPOSITORY'] ?? '').home}`,
      '--build-arg',
      `CREATED=${run('git', ['show', '--no-patch', '--format=%cI', 'HEAD']).trim()}`,
      '--output',
      `type=oci,dest=${at(name)}`,
      '.',
    ]);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'release-image-'));
  const app = join(folder, 'app');
  mkdirSync(app);
  run('tar', ['-xzf', at(`mirrorwatch-${version}.tgz`), '-C', app, '--strip-components=1']);
  for (const path of installedPaths(root)) cpSync(join(root, path), join(app, path), { recursive: true });
  const rootfs = join(folder, 'rootfs');
  run(join(root, 'deploy/rootfs.sh'), [process.execPath, app, rootfs]);
  ociArchive(rootfs, readFileSync(join(root, 'Dockerfile'), 'utf8'), { VERSION: version, REVISION: '' }, at(name));
  rmSync(folder, { recursive: true });
}

/** @returns the text of SHA256SUMS: the hashes of all files of the release */
function checksums(): string {
  const names = readdirSync(out)
    .filter((name) => !name.startsWith('SHA256SUMS'))
    .sort();
  const hash = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(at(name)))
      .digest('hex');
  return names.map((name) => `${hash(name)}  ${name}\n`).join('');
}

checkVersions();
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
writeFileSync(at('notes.md'), notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version, isDry));
if (!isDry) fillIn();
makeDeployment();
makePackage();
makeImage();
writeFileSync(at('SHA256SUMS'), checksums());
if (isDry) signWithNewKey(at('SHA256SUMS'));
for (const [command, ...args] of publishCommands(version, out)) {
  if (values.publish && !isDry) run(command, args);
  else console.error(`would run: ${[command, ...args].join(' ')}`);
}
