import { join } from 'node:path';
import type { Machine } from '../../core/trap.ts';

/** One line of a file. */
export interface OciLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** One hosts.toml. */
interface HostsFile {
  /** The registry, by the name of its folder; `_default`: all others. */
  readonly registry: string;
  readonly file: string;
  readonly lines: readonly OciLine[];
}

/** The settings that containerd, Docker and podman read on this machine. */
export interface OciFound {
  /** containerd's main file; `null`: absent or unreadable. */
  readonly config: readonly OciLine[] | null;
  readonly hosts: readonly HostsFile[];
  /** Docker's files. */
  readonly daemons: readonly { readonly file: string; readonly text: string }[];
  /** podman's, buildah's and skopeo's. */
  readonly registries: readonly OciLine[];
}

/** Reads the settings of all three. */
export async function findOci(machine: Machine): Promise<OciFound> {
  const { home } = machine;
  const configs = machine.env['XDG_CONFIG_HOME'] ?? '';
  const own = configs.startsWith('/') ? configs : join(home, '.config');
  const config = await linesOf(machine, machine.system('/etc/containerd/config.toml'));
  const daemons: { file: string; text: string }[] = [];
  for (const file of [machine.system('/etc/docker/daemon.json'), join(own, 'docker/daemon.json')]) {
    const text = await machine.read(file);
    if (text.tag === 'ok') daemons.push({ file, text: text.text });
  }
  const registries: OciLine[] = [];
  for (const file of [machine.system('/etc/containers/registries.conf'), join(own, 'containers/registries.conf')])
    registries.push(...((await linesOf(machine, file)) ?? []));
  return { config, hosts: await hostsBelow(machine, machine.system('/etc/containerd/certs.d')), daemons, registries };
}

async function hostsBelow(machine: Machine, folder: string): Promise<readonly HostsFile[]> {
  const listed = await machine.list(folder);
  const found: HostsFile[] = [];
  for (const registry of listed.tag === 'ok' ? listed.names : []) {
    const file = join(folder, registry, 'hosts.toml');
    const lines = await linesOf(machine, file);
    if (lines !== null) found.push({ registry, file, lines });
  }
  return found;
}

async function linesOf(machine: Machine, file: string): Promise<readonly OciLine[] | null> {
  const text = await machine.read(file);
  return text.tag === 'error' ? null : text.text.split(/\r?\n/).map((line, at) => ({ file, line: at + 1, text: line }));
}
