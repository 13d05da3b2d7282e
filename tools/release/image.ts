import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The image settings in the last stage of a Dockerfile. */
export interface ImageSettings {
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/**
 * Parses the last stage of a Dockerfile.
 * @param args  values of build arguments, by name; the others have the default that the Dockerfile states first
 */
export function settingsOf(dockerfile: string, args: Readonly<Record<string, string>>): ImageSettings {
  const declared = [...dockerfile.matchAll(/^ARG (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
  const values: Readonly<Record<string, string>> = { ...Object.fromEntries(declared.toReversed()), ...args };
  const text = dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const last = text.slice(text.lastIndexOf('\nFROM '));
  const lines = (word: string): readonly string[] =>
    [...last.matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map(([, rest = '']) => rest.trim());
  const only = (word: string): string => lines(word).at(-1) ?? '';
  const pairs = (word: string): readonly (readonly [string, string])[] =>
    lines(word).flatMap((line) =>
      [...line.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)].map(
        ([, key = '', quoted, plain]) => [key, quoted ?? plain ?? ''] as const,
      ),
    );
  return {
    Env: pairs('ENV').map(([key, value]) => `${key}=${value}`),
    Entrypoint: JSON.parse(only('ENTRYPOINT')),
    Cmd: JSON.parse(last.match(/^CMD (\[.*\])$/m)?.[1] ?? '[]'),
    User: only('USER'),
    WorkingDir: only('WORKDIR'),
    Volumes: Object.fromEntries(lines('VOLUME').map((path) => [path, {}])),
    ExposedPorts: Object.fromEntries(lines('EXPOSE').map((port) => [`${port}/tcp`, {}])),
    StopSignal: only('STOPSIGNAL'),
    Labels: Object.fromEntries(pairs('LABEL')),
  };
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Writes a root file system as an OCI archive of one layer, for the platform of this process.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
 */
export function ociArchive(
  rootfs: string,
  dockerfile: string,
  args: Readonly<Record<'VERSION', string>> & Readonly<Record<string, string>>,
  out: string,
): void {
  const folder = mkdtempSync(join(tmpdir(), 'oci-'));
  const layout = join(folder, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const tar = join(folder, 'layer.tar');
  const common = ['--sort=name', '--mtime=@0', '--numeric-owner'];
  execFileSync('tar', [
    ...common,
    '--owner=0',
    '--group=0',
    '-cf',
    tar,
    '-C',
    rootfs,
    '--exclude=./data',
    '--exclude=./run',
    '.',
  ]);
  execFileSync('tar', [...common, '--owner=1000', '--group=0', '-rf', tar, '-C', rootfs, './data', './run']);
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const put = (bytes: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    const hex = sha256(bytes);
    writeFileSync(join(layout, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const layer = readFileSync(tar);
  const layers = [put(gzipSync(layer), 'application/vnd.oci.image.layer.v1.tar+gzip')];
  const config = put(
    json({
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      config: settingsOf(dockerfile, args),
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    }),
    'application/vnd.oci.image.config.v1+json',
  );
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = put(json({ schemaVersion: 2, mediaType: type, config, layers }), type);
  const annotations = { 'org.opencontainers.image.ref.name': args.VERSION };
  writeFileSync(join(layout, 'index.json'), json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }));
  writeFileSync(join(layout, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  execFileSync('tar', [...common, '--owner=0', '--group=0', '-cf', out, '-C', layout, '.']);
  rmSync(folder, { recursive: true });
}
