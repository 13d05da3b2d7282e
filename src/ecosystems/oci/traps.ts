import { maskUrl } from '../../core/secret.ts';
import type { Place, Trap } from '../../core/trap.ts';
import { isLoopbackHost } from '../../core/url.ts';
import type { Say } from '../../words/words.ts';
import { explainPlainUrl, type KnownTraps } from '../doctor.ts';
import { type Fields, fieldsOf } from '../parse-json.ts';
import type { OciFound, OciLine } from './settings-found.ts';

/** Traps of the settings of containerd, Docker and podman. */
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

/** Finds the traps in these settings. */
export function findOciTraps(found: OciFound, say: Say): readonly OciTrap[] {
  return [
    ...found.hosts.flatMap(({ lines }) => lines.flatMap((line) => hostsLine(line, say))),
    ...defaultTraps(found, say),
    ...configTraps(found, say),
    ...found.daemons.flatMap((daemon) => daemonTraps(daemon, say)),
    ...podmanTraps(found, say),
  ];
}

function hostsLine(line: OciLine, say: Say): readonly OciTrap[] {
  const { file, text } = line;
  const where: readonly Place[] = [{ file, line: line.line }];
  if (/^\s*skip_verify\s*=\s*true\b/.test(text))
    return [
      {
        id: 'oci-verify-skipped',
        what: say('trap.oci-verify-skipped.what', { key: 'skip_verify' }),
        where,
        set: [say('trap.oci-verify-skipped.authority')],
        edits: [{ file, line: line.line, was: text, becomes: [] }],
      },
    ];
  const [, url = ''] = /^\s*(?:\[host\.|server\s*=\s*)["'](http:\/\/[^"']+)["']/.exec(text) ?? [];
  if (url === '' || isLoop(url)) return [];
  return [
    {
      id: 'oci-plain-mirror',
      what: say('trap.oci-plain-mirror.what', { url: maskUrl(url) }),
      where,
      set: [explainPlainUrl('oci', maskUrl(url), say)],
      edits: [],
    },
  ];
}

function isLoop(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}

function defaultTraps({ hosts }: OciFound, say: Say): readonly OciTrap[] {
  return hosts.flatMap(({ registry, file, lines }): readonly OciTrap[] => {
    const named = lines.filter(({ text }) => /^\s*\[host\./.test(text));
    const [first] = named;
    if (registry !== '_default' || first === undefined) return [];
    return [
      {
        id: 'oci-default-leaks',
        what: say('trap.oci-default-leaks.what', { count: named.length }),
        where: [{ file, line: first.line }],
        set: [say('trap.oci-default-leaks.set')],
        edits: [],
      },
    ];
  });
}

function configTraps({ config, hosts }: OciFound, say: Say): readonly OciTrap[] {
  if (config === null) return [];
  const line = (pattern: RegExp): OciLine | undefined => config.find(({ text }) => pattern.test(text));
  const traps: OciTrap[] = [];
  const skipped = config.filter(({ text }) => /^\s*insecure_skip_verify\s*=\s*true\b/.test(text));
  for (const { file, line: at } of skipped)
    traps.push({
      id: 'oci-verify-skipped',
      what: say('trap.oci-verify-skipped.what', { key: 'insecure_skip_verify' }),
      where: [{ file, line: at }],
      set: [say('trap.oci-verify-skipped.set')],
      edits: [],
    });
  const path = line(/^\s*config_path\s*=\s*["'][^"']+["']/);
  const mirrors = line(/^\s*\[plugins\..*registry\.mirrors/);
  const [first] = config;
  // From version 3 on, containerd reads the default folder unless another one is set.
  const isOld = !config.some(({ text }) => /^\s*version\s*=\s*([3-9]|\d\d)/.test(text));
  if (path !== undefined && mirrors !== undefined)
    traps.push({
      id: 'oci-mirrors-twice',
      what: say('trap.oci-mirrors-twice.what'),
      where: [path, mirrors].map(({ file, line: at }) => ({ file, line: at })),
      set: [say('trap.oci-mirrors-twice.set')],
      edits: [],
    });
  if (path === undefined && isOld && hosts.length > 0 && first !== undefined)
    traps.push({
      id: 'oci-hosts-unread',
      what: say('trap.oci-hosts-unread.what'),
      where: [{ file: first.file, line: null }, ...hosts.slice(0, 3).map(({ file }) => ({ file, line: null }))],
      set: ['[plugins."io.containerd.grpc.v1.cri".registry]', say('trap.oci-hosts-unread.set')],
      edits: [],
    });
  return traps;
}

function daemonTraps({ file, text }: OciFound['daemons'][number], say: Say): readonly OciTrap[] {
  if (jsonOf(text) === null)
    return [
      {
        id: 'oci-daemon-json-broken',
        what: say('trap.oci-daemon-json-broken.what'),
        where: [{ file, line: null }],
        set: [say('trap.oci-daemon-json-broken.set')],
        edits: [],
      },
    ];
  const lines = text.split('\n');
  const place = (value: string): Place => {
    const at = lines.findIndex((line) => line.includes(JSON.stringify(value)));
    return { file, line: at < 0 ? null : at + 1 };
  };
  const mirrors = textsIn(text, 'registry-mirrors');
  const withPath = mirrors.filter(
    (url) => URL.canParse(url) && `${new URL(url).pathname}${new URL(url).search}` !== '/',
  );
  const plain = mirrors.filter((url) => /^http:/i.test(url) && !isLoop(url));
  const blind = textsIn(text, 'insecure-registries').filter((host) => !/^(localhost|127\.|\[::1\])/.test(host));
  return [
    ...withPath.map((url) => ({
      id: 'oci-mirror-with-path' as const,
      what: say('trap.oci-mirror-with-path.what', { url: maskUrl(url) }),
      where: [place(url)],
      set: [say('trap.oci-mirror-with-path.set')],
      edits: [],
    })),
    ...plain.map((url) => ({
      id: 'oci-plain-mirror' as const,
      what: say('trap.oci-plain-mirror.what', { url: maskUrl(url) }),
      where: [place(url)],
      set: [explainPlainUrl('oci', maskUrl(url), say)],
      edits: [],
    })),
    ...blind.map((host) => blindly(host, place(host), '/etc/docker/certs.d', say)),
  ];
}

function podmanTraps({ registries }: OciFound, say: Say): readonly OciTrap[] {
  let location = '';
  return registries.flatMap(({ file, line, text }): readonly OciTrap[] => {
    location = /^\s*(?:location|prefix)\s*=\s*["']([^"']+)["']/.exec(text)?.[1] ?? location;
    if (!/^\s*insecure\s*=\s*true\b/.test(text) || /^(localhost|127\.)/.test(location)) return [];
    return [blindly(location, { file, line }, '/etc/containers/certs.d', say)];
  });
}

/** @param written  the host as written; user-info, which is wrong there, is not shown */
function blindly(written: string, place: Place, authorities: string, say: Say): OciTrap {
  const host = written.replace(/^.*@/, '');
  const authority = `${authorities}/${host}/ca.crt`;
  return {
    id: 'oci-insecure-registries',
    what: say('trap.oci-insecure-registries.what', { host }),
    where: [place],
    set: [say('trap.oci-insecure-registries.set', { authority })],
    edits: [],
  };
}

/** The members of Docker's file; `null`: it cannot be read. */
function jsonOf(text: string): Fields | null {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The texts in one of Docker's lists; empty if the file cannot be read. */
export function textsIn(file: string, key: string): readonly string[] {
  const list = jsonOf(file)?.[key];
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}
