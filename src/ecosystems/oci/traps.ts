import { isLoopbackHost } from '../../core/inner-host.ts';
import { maskUrl } from '../../core/secret.ts';
import type { Place, Trap } from '../../core/trap.ts';
import type { ociKinds } from './doctor-kinds.ts';
import type { OciFound, OciLine } from './settings-found.ts';

type OciTrap = Trap & { readonly id: keyof typeof ociKinds };

/** What is wrong with these settings. */
export function ociTraps(found: OciFound): readonly OciTrap[] {
  return [
    ...found.hosts.flatMap(({ lines }) => lines.flatMap(hostsLine)),
    ...defaultTraps(found),
    ...configTraps(found),
    ...found.daemons.flatMap(daemonTraps),
    ...podmanTraps(found),
  ];
}

function hostsLine(line: OciLine): readonly OciTrap[] {
  const { file, text } = line;
  const where: readonly Place[] = [{ file, line: line.line }];
  if (/^\s*skip_verify\s*=\s*true\b/.test(text))
    return [
      {
        id: 'oci-verify-skipped',
        what: 'skip_verify is true.',
        where,
        set: ['ca = "/path/to/your-authority.pem"    # where it is your own authority'],
        edits: [{ file, line: line.line, was: text, becomes: [] }],
      },
    ];
  const [, url = ''] = /^\s*(?:\[host\.|server\s*=\s*)["'](http:\/\/[^"']+)["']/.exec(text) ?? [];
  if (url === '' || isLoop(url)) return [];
  return [
    {
      id: 'oci-plain-mirror',
      what: `${maskUrl(url)} is a mirror.`,
      where,
      set: [maskUrl(url).replace('http:', 'https:')],
      edits: [],
    },
  ];
}

function isLoop(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}

function defaultTraps({ hosts }: OciFound): readonly OciTrap[] {
  return hosts.flatMap(({ registry, file, lines }): readonly OciTrap[] => {
    const named = lines.filter(({ text }) => /^\s*\[host\./.test(text));
    const [first] = named;
    if (registry !== '_default' || first === undefined) return [];
    return [
      {
        id: 'oci-default-leaks',
        what: `_default/hosts.toml names ${named.length === 1 ? 'a mirror' : `${named.length} mirrors`}.`,
        where: [{ file, line: first.line }],
        set: ['One folder for each registry that the mirror is of (docker.io, ghcr.io), in place of _default.'],
        edits: [],
      },
    ];
  });
}

function configTraps({ config, hosts }: OciFound): readonly OciTrap[] {
  if (config === null) return [];
  const line = (pattern: RegExp): OciLine | undefined => config.find(({ text }) => pattern.test(text));
  const traps: OciTrap[] = [];
  const skipped = config.filter(({ text }) => /^\s*insecure_skip_verify\s*=\s*true\b/.test(text));
  for (const { file, line: at } of skipped)
    traps.push({
      id: 'oci-verify-skipped',
      what: 'insecure_skip_verify is true.',
      where: [{ file, line: at }],
      set: ['Take it out, and give the authority: ca_file, or ca in hosts.toml; then restart containerd.'],
      edits: [],
    });
  const path = line(/^\s*config_path\s*=\s*["'][^"']+["']/);
  const mirrors = line(/^\s*\[plugins\..*registry\.mirrors/);
  const [first] = config;
  // From version 3 on the folder is read unless another one is named.
  const isOld = !config.some(({ text }) => /^\s*version\s*=\s*([3-9]|\d\d)/.test(text));
  if (path !== undefined && mirrors !== undefined)
    traps.push({
      id: 'oci-mirrors-twice',
      what: 'config_path and registry.mirrors are both there.',
      where: [path, mirrors].map(({ file, line: at }) => ({ file, line: at })),
      set: ['Keep config_path, and move the mirrors into certs.d/<registry>/hosts.toml.'],
      edits: [],
    });
  if (path === undefined && isOld && hosts.length > 0 && first !== undefined)
    traps.push({
      id: 'oci-hosts-unread',
      what: 'No config_path names the folder.',
      where: [{ file: first.file, line: null }, ...hosts.slice(0, 3).map(({ file }) => ({ file, line: null }))],
      set: [
        '[plugins."io.containerd.grpc.v1.cri".registry]',
        '  config_path = "/etc/containerd/certs.d"    # then restart containerd',
      ],
      edits: [],
    });
  return traps;
}

function daemonTraps({ file, text }: OciFound['daemons'][number]): readonly OciTrap[] {
  const read = jsonOf(text);
  if (read === null)
    return [
      {
        id: 'oci-daemon-json-broken',
        what: 'It cannot be read as a mapping.',
        where: [{ file, line: null }],
        set: ['dockerd --validate --config-file=/etc/docker/daemon.json    # says where'],
        edits: [],
      },
    ];
  const lines = text.split('\n');
  const place = (value: string): Place => {
    const at = lines.findIndex((line) => line.includes(JSON.stringify(value)));
    return { file, line: at < 0 ? null : at + 1 };
  };
  const mirrors = stringsOf(read['registry-mirrors']);
  const withPath = mirrors.filter(
    (url) => URL.canParse(url) && `${new URL(url).pathname}${new URL(url).search}` !== '/',
  );
  const plain = mirrors.filter((url) => /^http:/i.test(url) && !isLoop(url));
  const blind = stringsOf(read['insecure-registries']).filter((host) => !/^(localhost|127\.|\[::1\])/.test(host));
  return [
    ...withPath.map((url) => ({
      id: 'oci-mirror-with-path' as const,
      what: `${maskUrl(url)} has a path.`,
      where: [place(url)],
      set: ['A mirror without a path: a host of its own, or another mirror.'],
      edits: [],
    })),
    ...plain.map((url) => ({
      id: 'oci-plain-mirror' as const,
      what: `${maskUrl(url)} is a mirror.`,
      where: [place(url)],
      set: [maskUrl(url).replace('http:', 'https:')],
      edits: [],
    })),
    ...blind.map((host) => blindly(host, place(host), `/etc/docker/certs.d/${host}/ca.crt`)),
  ];
}

function podmanTraps({ registries }: OciFound): readonly OciTrap[] {
  let location = '';
  return registries.flatMap(({ file, line, text }): readonly OciTrap[] => {
    location = /^\s*(?:location|prefix)\s*=\s*["']([^"']+)["']/.exec(text)?.[1] ?? location;
    if (!/^\s*insecure\s*=\s*true\b/.test(text) || /^(localhost|127\.)/.test(location)) return [];
    return [blindly(location, { file, line }, `/etc/containers/certs.d/${location}/ca.crt`)];
  });
}

function blindly(host: string, place: Place, authority: string): OciTrap {
  return {
    id: 'oci-insecure-registries',
    what: `${host} is trusted blindly.`,
    where: [place],
    set: [`Take it out, and put the authority of its certificate into ${authority}.`],
    edits: [],
  };
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
