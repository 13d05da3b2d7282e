import { join } from 'node:path';
import type { Machine } from '../../core/trap.ts';
import { toml } from '../../formats/toml.ts';
import { json } from '../../formats/yaml.ts';
import { configFolderOf, listBelow } from '../doctor.ts';
import { type PlacedSetting, readSettingsFile, type SettingsFile } from '../settings-file.ts';

export interface HostsSettings extends SettingsFile {
  /** The name of the file's folder: a registry, or `_default`. */
  readonly registry: string;
}

export type OciFound = Awaited<ReturnType<typeof findOci>>;

/**
 * Reads the settings of container clients. `config` and `hosts`: containerd's config.toml (`null`: absent or unreadable)
 * and hosts.toml files. `daemons`: the daemon.json of the system's Docker daemon and of a rootless one. `registries`: the
 * registries.conf and the files in registries.conf.d, which podman, buildah and skopeo read.
 */
export async function findOci(machine: Machine) {
  const own = configFolderOf(machine);
  const hosts: HostsSettings[] = [];
  for (const folder of ['/etc/containerd/certs.d', '/var/snap/microk8s/current/args/certs.d'].map((path) =>
    machine.system(path),
  )) {
    const listed = await machine.list(folder);
    for (const registry of listed.tag === 'ok' ? listed.names : []) {
      const file = await readSettingsFile(machine, join(folder, registry, 'hosts.toml'), toml);
      if (file !== null) hosts.push({ ...file, registry });
    }
  }
  const users = await registriesIn(machine, join(own, 'containers'));
  const isInstead = users.some(({ file }) => file === join(own, 'containers/registries.conf'));
  const daemons = [machine.system('/etc/docker/daemon.json'), join(own, 'docker/daemon.json')];
  return {
    config: await readSettingsFile(machine, machine.system('/etc/containerd/config.toml'), toml),
    hosts,
    daemons: await presentIn(daemons.map((file) => readSettingsFile(machine, file, json))),
    // If the user has a registries.conf, podman reads no such file of the system.
    registries: isInstead ? users : [...(await registriesIn(machine, machine.system('/etc/containers'))), ...users],
  };
}

/** Reads a registries.conf and the files in registries.conf.d. @see containers-registries.conf.d(5) */
async function registriesIn(machine: Machine, folder: string): Promise<readonly SettingsFile[]> {
  const beside = await listBelow(machine, join(folder, 'registries.conf.d'), /\.conf$/);
  const files = [join(folder, 'registries.conf'), ...beside];
  const found = await presentIn(files.map((file) => readSettingsFile(machine, file, toml)));
  // podman rejects a file in which `registry` is a table, such as one with [[registry.mirror]] before any [[registry]].
  return found.map((one) => {
    const table = one.settings.find(({ path: [key, item] }) => key === 'registry' && typeof item === 'string');
    return table === undefined ? one : { ...one, rejected: table.place.line };
  });
}

async function presentIn(files: readonly Promise<SettingsFile | null>[]): Promise<readonly SettingsFile[]> {
  return (await Promise.all(files)).filter((one) => one !== null);
}

/** Returns the hosts that a hosts.toml names, in order, each at its first place. */
export function hostsOf({ settings }: SettingsFile): readonly { readonly url: string; readonly at: PlacedSetting }[] {
  const named = settings.filter(({ path }) => path[0] === 'host' && path.length > 1);
  const byUrl = Map.groupBy(named, ({ path: [, url] }) => String(url));
  return [...byUrl].flatMap(([url, [at]]) => (at === undefined ? [] : [{ url, at }]));
}
