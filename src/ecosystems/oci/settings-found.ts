import { join } from 'node:path';
import type { Machine } from '../../core/trap.ts';
import { configFolderOf, type FileLine, readLines } from '../doctor.ts';

interface HostsFile {
  /** The name of the file's folder: a registry, or `_default`. */
  readonly registry: string;
  readonly file: string;
  readonly lines: readonly FileLine[];
}

export interface OciFound {
  /** The lines of containerd's config.toml; empty: the file is absent or unreadable. */
  readonly config: readonly FileLine[];
  readonly hosts: readonly HostsFile[];
  /** The daemon.json of the system's Docker daemon and of a rootless Docker daemon. */
  readonly daemons: readonly { readonly file: string; readonly text: string }[];
  /** The lines of registries.conf and registries.conf.d, which podman, buildah and skopeo read. */
  readonly registries: readonly FileLine[];
}

export async function findOci(machine: Machine): Promise<OciFound> {
  const own = configFolderOf(machine);
  const daemons: { file: string; text: string }[] = [];
  for (const file of [machine.system('/etc/docker/daemon.json'), join(own, 'docker/daemon.json')]) {
    const text = await machine.read(file);
    if (text.tag === 'ok') daemons.push({ file, text: text.text });
  }
  const hosts: HostsFile[] = [];
  const folder = machine.system('/etc/containerd/certs.d');
  const listed = await machine.list(folder);
  for (const registry of listed.tag === 'ok' ? listed.names : []) {
    const file = join(folder, registry, 'hosts.toml');
    const lines = await readLines(machine, file);
    if (lines.length > 0) hosts.push({ registry, file, lines });
  }
  const users = await registriesIn(machine, join(own, 'containers'));
  const isInstead = users.some(({ file }) => file === join(own, 'containers/registries.conf'));
  return {
    config: await readLines(machine, machine.system('/etc/containerd/config.toml')),
    hosts,
    daemons,
    // If the user has a registries.conf, podman reads no such file of the system.
    registries: isInstead ? users : [...(await registriesIn(machine, machine.system('/etc/containers'))), ...users],
  };
}

/** Reads the lines of a registries.conf and of the files in registries.conf.d. @see containers-registries.conf.d(5) */
async function registriesIn(machine: Machine, folder: string): Promise<readonly FileLine[]> {
  const beside = join(folder, 'registries.conf.d');
  const listed = await machine.list(beside);
  const names = listed.tag === 'ok' ? listed.names.filter((name) => name.endsWith('.conf')) : [];
  const files = [join(folder, 'registries.conf'), ...names.map((name) => join(beside, name))];
  return (await Promise.all(files.map((file) => readLines(machine, file)))).flat();
}
