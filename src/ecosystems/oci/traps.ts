import { isLoopback } from '../../core/addresses.ts';
import { maskUrl } from '../../core/secret.ts';
import type { SettingPlace, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/words.ts';
import { editOf, explainPlainUrl, type FileLine, type KnownTraps, trapOf } from '../doctor.ts';
import { type Fields, fieldsOf } from '../parse-json.ts';
import type { OciFound } from './settings-found.ts';

export const ociKinds = {
  'oci-verify-skipped': { severity: 'error', isFixable: true },
  'oci-plain-mirror': { severity: 'warning', isFixable: false },
  'oci-insecure-registries': { severity: 'warning', isFixable: false },
  'oci-default-leaks': { severity: 'warning', isFixable: false },
  'oci-hosts-unread': { severity: 'warning', isFixable: false },
  'oci-mirrors-twice': { severity: 'error', isFixable: false },
  'oci-mirror-with-path': { severity: 'error', isFixable: false },
  'oci-daemon-json-broken': { severity: 'error', isFixable: false },
} as const satisfies KnownTraps;

type OciTrap = Trap & { readonly id: keyof typeof ociKinds };

export function findOciTraps(found: OciFound, say: Say): readonly OciTrap[] {
  return [
    ...found.hosts.flatMap(({ lines }) => lines.flatMap((line) => hostsLine(line, say))),
    ...defaultTraps(found, say),
    ...configTraps(found, say),
    ...found.daemons.flatMap((daemon) => daemonTraps(daemon, say)),
    ...podmanTraps(found, say),
  ];
}

function hostsLine(found: FileLine, say: Say): readonly OciTrap[] {
  const { file, line, text } = found;
  if (/^\s*skip_verify\s*=\s*true\b/.test(text)) {
    const what = say('trap.oci-verify-skipped.what', { key: 'skip_verify' });
    const set = say('trap.oci-verify-skipped.authority');
    return [trapOf('oci-verify-skipped', what, [{ file, line }], [set], [editOf(found, [])])];
  }
  const [, url = ''] = /^\s*(?:\[host\.|server\s*=\s*)["'](http:\/\/[^"']+)["']/.exec(text) ?? [];
  return url === '' || isLoop(url) ? [] : [plainMirror(url, { file, line }, say)];
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
  return hosts.flatMap(({ registry, file, lines }): readonly OciTrap[] => {
    const named = lines.filter(({ text }) => /^\s*\[host\./.test(text));
    const [first] = named;
    if (registry !== '_default' || first === undefined) return [];
    const what = say('trap.oci-default-leaks.what', { count: named.length });
    return [trapOf('oci-default-leaks', what, [{ file, line: first.line }], [say('trap.oci-default-leaks.set')])];
  });
}

function configTraps({ config, hosts }: OciFound, say: Say): readonly OciTrap[] {
  const placeOf = ({ file, line }: FileLine): SettingPlace => ({ file, line });
  const lineWith = (pattern: RegExp): FileLine | undefined => config.find(({ text }) => pattern.test(text));
  const skipped = config.filter(({ text }) => /^\s*insecure_skip_verify\s*=\s*true\b/.test(text));
  const traps: OciTrap[] = skipped.map((line) => {
    const what = say('trap.oci-verify-skipped.what', { key: 'insecure_skip_verify' });
    return trapOf('oci-verify-skipped', what, [placeOf(line)], [say('trap.oci-verify-skipped.set')]);
  });
  const path = lineWith(/^\s*config_path\s*=\s*["'][^"']+["']/);
  const written = config.filter(({ text }) => !/^\s*(#|$)/.test(text));
  const mirrors = written.find(
    ({ file, text }, at) =>
      /^\s*\[plugins\..*registry\.mirrors\./.test(text) ||
      (/^\s*\[plugins\..*registry\.mirrors\s*\]/.test(text) &&
        written[at + 1]?.file === file &&
        /^\s*[^\s[]/.test(written[at + 1]?.text ?? '')),
  );
  const [first] = config;
  // If config.toml has version 3 or later, containerd reads the default folder of hosts.toml files unless another
  // folder is set.
  const isOld = lineWith(/^\s*version\s*=\s*([3-9]|\d\d)/) === undefined;
  if (path !== undefined && mirrors !== undefined) {
    const set = [say('trap.oci-mirrors-twice.set')];
    traps.push(trapOf('oci-mirrors-twice', say('trap.oci-mirrors-twice.what'), [path, mirrors].map(placeOf), set));
  }
  if (path === undefined && isOld && hosts.length > 0 && first !== undefined) {
    const where = [first, ...hosts.slice(0, 3)].map(({ file }) => ({ file, line: null }));
    const set = ['[plugins."io.containerd.grpc.v1.cri".registry]', say('trap.oci-hosts-unread.set')];
    traps.push(trapOf('oci-hosts-unread', say('trap.oci-hosts-unread.what'), where, set));
  }
  return traps;
}

function daemonTraps({ file, text }: OciFound['daemons'][number], say: Say): readonly OciTrap[] {
  if (jsonOf(text) === null) {
    const set = [say('trap.oci-daemon-json-broken.set')];
    return [trapOf('oci-daemon-json-broken', say('trap.oci-daemon-json-broken.what'), [{ file, line: null }], set)];
  }
  const lines = text.split('\n');
  const place = (value: string): SettingPlace => {
    const at = lines.findIndex((line) => line.includes(JSON.stringify(value)));
    return { file, line: at < 0 ? null : at + 1 };
  };
  const mirrors = textsIn(text, 'registry-mirrors');
  const withPath = mirrors.filter(
    (url) => URL.canParse(url) && `${new URL(url).pathname}${new URL(url).search}` !== '/',
  );
  const plain = mirrors.filter((url) => /^http:/i.test(url) && !isLoop(url));
  const blind = textsIn(text, 'insecure-registries').filter((host) => !/^(localhost|127\.|\[?::1\b|$)/.test(host));
  return [
    ...withPath.map((url) => {
      const what = say('trap.oci-mirror-with-path.what', { url: maskUrl(url) });
      return trapOf('oci-mirror-with-path', what, [place(url)], [say('trap.oci-mirror-with-path.set')]);
    }),
    ...plain.map((url) => plainMirror(url, place(url), say)),
    ...blind.map((host) => blindly(host, place(host), '/etc/docker/certs.d', say)),
  ];
}

function podmanTraps({ registries }: OciFound, say: Say): readonly OciTrap[] {
  let table = 0;
  const tables = Map.groupBy(registries, ({ file, text }) => {
    if (/^\s*\[/.test(text)) table += 1;
    return `${file} ${table}`;
  });
  return [...tables.values()].flatMap((lines): readonly OciTrap[] => {
    const named = lines.map(({ text }) => /^\s*(location|prefix)\s*=\s*["']([^"']+)["']/.exec(text));
    const textOf = (key: 'location' | 'prefix') => named.find((one) => one?.[1] === key)?.[2];
    const location = textOf('location') ?? textOf('prefix');
    const insecure = lines.filter(({ text }) => /^\s*insecure\s*=\s*true\b/.test(text));
    if (location === undefined || /^(localhost|127\.)/.test(location)) return [];
    return insecure.map(({ file, line }) => blindly(location, { file, line }, '/etc/containers/certs.d', say));
  });
}

/**
 * Makes the trap of a registry that is used without verified TLS.
 * @param written  the host as in the file; user-info in it is not shown
 */
function blindly(written: string, place: SettingPlace, authorities: string, say: Say): OciTrap {
  const host = written.replace(/^.*@/, '');
  const set = say('trap.oci-insecure-registries.set', { authority: `${authorities}/${host}/ca.crt` });
  return trapOf('oci-insecure-registries', say('trap.oci-insecure-registries.what', { host }), [place], [set]);
}

function jsonOf(text: string): Fields | null {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * Returns the strings in the list `key` of a daemon.json; empty if there is no such list.
 * @param file  the file's text
 */
function textsIn(file: string, key: string): readonly string[] {
  const list = jsonOf(file)?.[key];
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}
