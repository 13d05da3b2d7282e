import { join } from 'node:path';
import { isLoopback } from '../../core/addresses.ts';
import { maskUrl } from '../../core/secret.ts';
import type { Machine, SettingPlace, Trap } from '../../core/trap.ts';
import { settingAt } from '../../formats/format.ts';
import { toml } from '../../formats/toml.ts';
import { json } from '../../formats/yaml.ts';
import type { Say } from '../../words/words.ts';
import { configFolderOf, editOf, explainPlainUrl, type KnownTraps, listBelow, sayTrap, trapOf } from '../doctor.ts';
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
function hostsOf({ settings }: SettingsFile): readonly { readonly url: string; readonly at: PlacedSetting }[] {
  const named = settings.filter(({ path }) => path[0] === 'host' && path.length > 1);
  const byUrl = Map.groupBy(named, ({ path: [, url] }) => String(url));
  return [...byUrl].flatMap(([url, [at]]) => (at === undefined ? [] : [{ url, at }]));
}

export const ociKinds = {
  'oci-verify-skipped': { severity: 'error', isFixable: true },
  'oci-plain-mirror': { severity: 'warning', isFixable: false },
  'oci-insecure-registries': { severity: 'warning', isFixable: false },
  'oci-default-leaks': { severity: 'warning', isFixable: false },
  'oci-hosts-unread': { severity: 'warning', isFixable: false },
  'oci-mirrors-twice': { severity: 'error', isFixable: false },
  'oci-mirror-with-path': { severity: 'warning', isFixable: false },
  'oci-daemon-json-broken': { severity: 'error', isFixable: false },
} as const satisfies KnownTraps;

type OciTrap = Trap & { readonly id: keyof typeof ociKinds };

export function findOciTraps(found: OciFound, say: Say): readonly OciTrap[] {
  return [
    ...found.hosts.flatMap((file) => hostsTraps(file, say)),
    ...defaultTraps(found, say),
    ...configTraps(found, say),
    ...found.daemons.flatMap((daemon) => daemonTraps(daemon, say)),
    ...podmanTraps(found, say),
  ];
}

function hostsTraps(file: SettingsFile, say: Say): readonly OciTrap[] {
  const skipped = file.settings.filter((one) => isOn(one, 'skip_verify'));
  const servers = file.settings.flatMap((at) =>
    at.path.at(-1) === 'server' && typeof at.value === 'string' ? [{ url: at.value, at }] : [],
  );
  const plain = [...servers, ...hostsOf(file)].filter(({ url }) => /^http:\/\//.test(url) && !isLoop(url));
  return [
    ...skipped.map(({ place, lines }) => {
      const what = say('trap.oci-verify-skipped.what', { key: 'skip_verify' });
      const edits = lines.map((line) => editOf(line, []));
      return trapOf('oci-verify-skipped', what, [place], [say('trap.oci-verify-skipped.authority')], edits);
    }),
    ...plain.map(({ url, at }) => plainMirror(url, at.place, say)),
  ];
}

function isOn({ path, value }: PlacedSetting, key: string): boolean {
  return path.at(-1) === key && value === true;
}

function isLoop(url: string): boolean {
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

function plainMirror(url: string, place: SettingPlace, say: Say): OciTrap {
  const shown = maskUrl(url);
  const what = say('trap.oci-plain-mirror.what', { url: shown });
  return trapOf('oci-plain-mirror', what, [place], [explainPlainUrl('oci', shown, say)]);
}

function defaultTraps({ hosts }: OciFound, say: Say): readonly OciTrap[] {
  return hosts.flatMap((file): readonly OciTrap[] => {
    const named = hostsOf(file);
    const [first] = named;
    if (file.registry !== '_default' || first === undefined) return [];
    return [sayTrap(say, 'oci-default-leaks', [first.at.place], { count: named.length })];
  });
}

function configTraps({ config, hosts }: OciFound, say: Say): readonly OciTrap[] {
  if (config === null || config.rejected !== null) return [];
  const { file, settings } = config;
  const skipped = settings.filter((one) => isOn(one, 'insecure_skip_verify'));
  const traps: OciTrap[] = skipped.map(({ place }) =>
    sayTrap(say, 'oci-verify-skipped', [place], { key: 'insecure_skip_verify' }),
  );
  const path = settings.find(({ path: keys, value }) => keys.at(-1) === 'config_path' && value !== '');
  const isMirrors = ({ path: keys }: PlacedSetting, depth: number): boolean =>
    keys[0] === 'plugins' && keys.at(-1 - depth) === 'mirrors' && keys.at(-2 - depth) === 'registry';
  const hasMirrors = settings.some((one) => isMirrors(one, 1));
  const mirrors = hasMirrors ? settings.find((one) => isMirrors(one, 0) || isMirrors(one, 1)) : undefined;
  // If config.toml has version 3 or later, containerd reads the default folder of hosts.toml files unless another
  // folder is set.
  const isOld = !(Number(settingAt(settings, ['version'])?.value) >= 3);
  if (path !== undefined && mirrors !== undefined)
    traps.push(sayTrap(say, 'oci-mirrors-twice', [path.place, mirrors.place], {}));
  if (path === undefined && isOld && hosts.length > 0) {
    const where = [file, ...hosts.slice(0, 3).map((one) => one.file)].map((name) => ({ file: name, line: null }));
    const set = ['[plugins."io.containerd.grpc.v1.cri".registry]', say('trap.oci-hosts-unread.set')];
    traps.push(trapOf('oci-hosts-unread', say('trap.oci-hosts-unread.what'), where, set));
  }
  return traps;
}

function daemonTraps({ file, rejected, settings }: SettingsFile, say: Say): readonly OciTrap[] {
  if (rejected !== null) return [sayTrap(say, 'oci-daemon-json-broken', [{ file, line: null }], {})];
  const textsOf = (key: string) =>
    settings.flatMap(({ path: [name, position], value, place }) =>
      name === key && position !== undefined && typeof value === 'string' ? [{ text: value, place }] : [],
    );
  const mirrors = textsOf('registry-mirrors');
  const withPath = mirrors.filter(
    ({ text: url }) => URL.canParse(url) && `${new URL(url).pathname}${new URL(url).search}` !== '/',
  );
  const plain = mirrors.filter(({ text: url }) => /^http:/i.test(url) && !isLoop(url));
  const blind = textsOf('insecure-registries').filter(({ text: host }) => !/^(localhost|127\.|\[?::1\b|$)/.test(host));
  return [
    ...withPath.map(({ text: url, place }) => sayTrap(say, 'oci-mirror-with-path', [place], { url: maskUrl(url) })),
    ...plain.map(({ text: url, place }) => plainMirror(url, place, say)),
    ...blind.map(({ text: host, place }) => blindly(host, place, '/etc/docker/certs.d', say)),
  ];
}

function podmanTraps({ registries }: OciFound, say: Say): readonly OciTrap[] {
  return registries.flatMap(({ settings }) =>
    settings.flatMap((one): readonly OciTrap[] => {
      if (!isOn(one, 'insecure')) return [];
      const textOf = (key: string) => settingAt(settings, [...one.path.slice(0, -1), key])?.value;
      const host = textOf('location') ?? textOf('prefix');
      if (typeof host !== 'string' || /^(localhost|127\.)/.test(host)) return [];
      return [blindly(host, one.place, '/etc/containers/certs.d', say)];
    }),
  );
}

/**
 * Makes the trap of a registry that is used without verified TLS.
 * @param written  the host as in the file; user-info in it is not shown
 */
function blindly(written: string, place: SettingPlace, authorities: string, say: Say): OciTrap {
  const host = written.replace(/^.*@/, '');
  const values = { host, authority: `${authorities}/${host}/ca.crt` };
  return sayTrap(say, 'oci-insecure-registries', [place], values);
}
