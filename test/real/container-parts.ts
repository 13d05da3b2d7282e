import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageSettings } from '../../tools/release/image.ts';
import type { Containerd } from '../support/containerd.ts';
import { commandPath } from '../support/paths.ts';
import { type CommandResult, mustRun } from '../support/process.ts';

/** It copies layers, so it works on any file system. */
const snapshotter = ['--snapshotter', 'native'];

/** A script of Node: whose process it is, and what becomes of a write to the daemon's folder and to its state's. */
export const triesToWrite = `
  const tried = (path) => { try { fs.writeFileSync(path, ''); return 'written'; } catch (cause) { return cause.code; } };
  console.log(JSON.stringify([process.getuid(), process.getgid(), tried('/app/x'), tried('/data/x')]));`;

const configYaml = `
vantage: container
listen: 127.0.0.1:10120
state: { path: /data/mirrorwatch.db }
mirrors: [{ name: near, ecosystem: go, url: "http://127.0.0.1:9" }]
modules: { go: ["example.com/hello@v1.0.0"] }
go: { sumdb: "off" }
`;

/** @throws Error unless `ctr` imports the archive as `mirrorwatch:TAG`. */
export async function importImage(containerd: Containerd, archive: string): Promise<void> {
  const args = ['images', 'import', ...snapshotter, '--base-name', 'mirrorwatch', archive];
  const { code, stderr } = await containerd.ctr(args);
  if (code !== 0) throw new Error(`ctr images import: ${stderr}`);
}

/** Runs `args` in a container of the image, read-only, as the image's own user. */
export function runImage(containerd: Containerd, tag: string, args: readonly string[]): Promise<CommandResult> {
  return containerd.ctr(['run', ...snapshotter, '--rm', '--read-only', `mirrorwatch:${tag}`, 'own', ...args]);
}

export function mountImage(containerd: Containerd, tag: string, path: string): Promise<CommandResult> {
  return containerd.ctr(['images', 'mount', '--rw', ...snapshotter, `mirrorwatch:${tag}`, path]);
}

/**
 * Writes `config.json` of a container that runs the image's command: read-only, with a user id of group 0, an empty
 * volume for the state, and a network with its loopback alone.
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.1.0/config.md
 */
export async function writeSpec(
  folder: string,
  { Env, Entrypoint, Cmd, WorkingDir }: ImageSettings,
  place: { readonly root: string; readonly uid: number; readonly ns: string },
): Promise<void> {
  await mustRun(commandPath('runc'), ['spec', '--bundle', folder]);
  const path = join(folder, 'config.json');
  const spec = JSON.parse(readFileSync(path, 'utf8'));
  const files = join(folder, 'etc');
  mkdirSync(files);
  writeFileSync(join(files, 'mirrorwatch.yaml'), configYaml);
  const named = { type: 'network', path: `/var/run/netns/${place.ns}` };
  const others = spec.linux.namespaces.filter((one: { readonly type: string }) => one.type !== 'network');
  const tmpfs = (destination: string, mode: string) => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'nodev', `mode=${mode}`, 'uid=1000', 'gid=0'],
  });
  const file = { destination: '/etc/mirrorwatch', type: 'bind', source: files, options: ['rbind', 'ro'] };
  writeFileSync(
    path,
    JSON.stringify({
      ...spec,
      root: { path: place.root, readonly: true },
      process: {
        ...spec.process,
        terminal: false,
        user: { uid: place.uid, gid: 0 },
        args: [...Entrypoint, ...Cmd],
        env: Env,
        cwd: WorkingDir,
      },
      // The modes of the image, which a new volume takes.
      mounts: [...spec.mounts, tmpfs('/data', '775'), tmpfs('/tmp', '1777'), file],
      linux: { ...spec.linux, namespaces: [...others, named] },
    }),
  );
}
