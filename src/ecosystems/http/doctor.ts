import { formatCommand } from '../../core/command-line.ts';
import { maskUrl } from '../../core/secret.ts';
import type { Machine, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/words.ts';
import { type Doctor, type KnownTraps, trapOf } from '../doctor.ts';
import { type AptFound, type AptSource, findApt } from './apt-settings.ts';

const aptKinds = {
  'apt-unverified': { severity: 'error', isFixable: false },
  'apt-key-missing': { severity: 'error', isFixable: false },
  'apt-key-unnamed': { severity: 'note', isFixable: false },
  'apt-list-missing': { severity: 'error', isFixable: false },
  'apt-secret-in-source': { severity: 'warning', isFixable: false },
  'apt-auth-readable': { severity: 'error', isFixable: false },
  'apt-proxy-differs': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;

export const httpDoctor: Doctor = {
  kinds: aptKinds,
  examine: async ({ machine }, say) => ({ traps: await aptTraps(machine, say), unchecked: [] }),
  settle: async () => null,
  isUsualLock: () => false,
};

type AptTrap = Trap & { readonly id: keyof typeof aptKinds };

async function aptTraps(machine: Machine, say: Say): Promise<readonly AptTrap[]> {
  const found = await findApt(machine);
  const traps: AptTrap[] = [];
  for (const source of found.sources) {
    traps.push(...sourceTraps(source, say), ...(await keyTraps(source, machine, say)));
    traps.push(...(await listTraps(source, machine, say)));
  }
  return [...traps, ...passwordTraps(found, say), ...proxyTraps(found, machine, say)];
}

function shown({ uris }: AptSource): string {
  return uris.map(maskUrl).join(' ');
}

function sourceTraps(source: AptSource, say: Say): readonly AptTrap[] {
  const { uris, isTrusted, signedBy, file, line } = source;
  const ids = [
    ...(isTrusted ? ['apt-unverified' as const] : signedBy === null ? ['apt-key-unnamed' as const] : []),
    ...(uris.some((one) => URL.parse(one)?.password) ? ['apt-secret-in-source' as const] : []),
  ];
  return ids.map((id) => {
    const what = say(`trap.${id}.what`, { uri: shown(source) });
    return trapOf(id, what, [{ file, line }], [say(`trap.${id}.set`)]);
  });
}

async function keyTraps(source: AptSource, machine: Machine, say: Say): Promise<readonly AptTrap[]> {
  const { file, line, signedBy } = source;
  const traps: AptTrap[] = [];
  for (const key of signedBy ?? []) {
    if (!key.startsWith('/')) continue;
    const read = await machine.read(machine.system(key));
    if (read.tag === 'ok' || read.code !== 'ENOENT') continue;
    const what = say('trap.apt-key-missing.what', { uri: shown(source), key });
    traps.push(trapOf('apt-key-missing', what, [{ file, line }], [say('trap.apt-key-missing.set', { key })]));
  }
  return traps;
}

/** Returns the traps of a `mirror+file:` source whose list cannot be read or has no URL. */
async function listTraps({ uris, file, line }: AptSource, machine: Machine, say: Say): Promise<readonly AptTrap[]> {
  const traps: AptTrap[] = [];
  for (const uri of uris) {
    const [, path] = /^mirror\+file:(\/.*)$/.exec(uri) ?? [];
    if (path === undefined) continue;
    const list = path.replace(/^\/+/, '/');
    const read = await machine.read(machine.system(list));
    if (read.tag === 'ok' && /^[ \t]*(?:https?|file):/m.test(read.text)) continue;
    const what = say('trap.apt-list-missing.what', { list });
    traps.push(trapOf('apt-list-missing', what, [{ file, line }], [say('trap.apt-list-missing.set', { list })]));
  }
  return traps;
}

const othersRead = 0o004;

function passwordTraps({ passwords }: AptFound, say: Say): readonly AptTrap[] {
  return passwords.flatMap(({ file, mode }) => {
    if (mode === null || (mode & othersRead) === 0) return [];
    const what = say('trap.apt-auth-readable.what', { mode: (mode & 0o777).toString(8) });
    return [trapOf('apt-auth-readable', what, [{ file, line: null }], [formatCommand`chmod o-r ${file}`])];
  });
}

/**
 * Finds proxies that differ from the last proxy in apt's settings. The last one overrides all others, also the proxy in
 * the environment variable.
 */
function proxyTraps({ proxies }: AptFound, { env }: Machine, say: Say): readonly AptTrap[] {
  return ['http', 'https'].flatMap((scheme): AptTrap[] => {
    const own = proxies.filter((one) => one.scheme === scheme);
    const last = own.at(-1);
    if (last === undefined) return [];
    const variable = `${scheme}_proxy`;
    const above = env[variable] ?? '';
    const others = own.slice(0, -1).filter(({ value }) => plain(value) !== plain(last.value));
    const isOther = above !== '' && plain(above) !== plain(last.value);
    if (others.length === 0 && !isOther) return [];
    const listed = [...others.map(({ value }) => value), ...(isOther ? [above] : [])]
      .map(maskUrl)
      .join(say('list.and'));
    const what = say('trap.apt-proxy-differs.what', { value: maskUrl(last.value), others: listed });
    const where = [...[last, ...others].map(({ file, line }) => ({ file, line })), ...(isOther ? [{ variable }] : [])];
    return [trapOf('apt-proxy-differs', what, where, [say('trap.apt-proxy-differs.set', { scheme })])];
  });
}

function plain(url: string): string {
  return url.replace(/(?<!\/)\/+$/, '');
}
