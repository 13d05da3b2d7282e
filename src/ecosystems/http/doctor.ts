import { join } from 'node:path';
import { formatCommand } from '../../core/command-line.ts';
import { maskUrl } from '../../core/secret.ts';
import type { Machine, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/words.ts';
import {
  type Doctor,
  type FileLine,
  type KnownTraps,
  listBelow,
  readLines,
  sayTrap,
  splitWords,
  trapOf,
} from '../doctor.ts';

interface AptSource extends Pick<FileLine, 'file' | 'line'> {
  readonly uris: readonly string[];
  /**
   * The words of the option `Signed-By`; in a .sources file only those that are paths. `null`: the option is not set.
   */
  readonly signedBy: readonly string[] | null;
  /** True if apt accepts this source without a valid signature. */
  readonly isTrusted: boolean;
}

interface AptProxy extends Pick<FileLine, 'file' | 'line'> {
  /** `http` or `https`. */
  readonly scheme: string;
  readonly value: string;
}

type AptFound = Awaited<ReturnType<typeof findApt>>;

/**
 * Reads apt's sources, proxies (in its order: of several of one scheme, the last one applies) and password files. `mode`:
 * permission bits; `null`: not known.
 * @see sources.list(5), apt.conf(5), apt_auth.conf(5)
 */
async function findApt(machine: Machine) {
  const at = (path: string): string => machine.system(join('/etc/apt', path));
  const sources: AptSource[] = [];
  const proxies: AptProxy[] = [];
  const passwords: { file: string; mode: number | null }[] = [];
  for (const file of [at('sources.list'), ...(await listBelow(machine, at('sources.list.d'), sourceNames))]) {
    const lines = await readLines(machine, file);
    sources.push(...(file.endsWith('.sources') ? stanzasIn(lines) : lines.flatMap(sourceIn)));
  }
  for (const file of [...(await listBelow(machine, at('apt.conf.d'), confNames)), at('apt.conf')])
    proxies.push(...(await readLines(machine, file)).flatMap(proxyIn));
  for (const file of [at('auth.conf'), ...(await listBelow(machine, at('auth.conf.d'), /./))]) {
    const text = await machine.read(file);
    if (text.tag === 'ok' && /\bpassword\b/.test(text.text))
      passwords.push({ file, mode: (await machine.mode?.(file)) ?? null });
  }
  return { sources, proxies, passwords };
}

/** Matches the names of files that apt reads. apt ignores files with other names. */
const sourceNames = /^[\w.-]+\.(?:list|sources)$/;
const confNames = /^[\w-]+$|^[\w.-]+\.conf$/;

/** The words for true and false in apt (`StringToBool` in apt-pkg/contrib/strutl.cc). */
const yes = '(?:yes|true|with|on|enable|1)';
const isYes = new RegExp(`^\\s*${yes}\\s*$`, 'i');
const isNo = /^\s*(?:no|false|without|off|disable|0)\s*$/i;

/** Reads a line `deb [options] URI suite component…`, or `deb-src`; empty for any other line. */
function sourceIn({ file, line, text }: FileLine): readonly AptSource[] {
  const [, options = '', uri = ''] = /^\s*deb(?:-src)?\s+(?:\[([^\]]*)\]\s+)?(\S+)\s/.exec(text) ?? [];
  if (uri === '') return [];
  const signedBy = /\bsigned-by=(\S+)/i.exec(options)?.[1]?.split(',') ?? null;
  const isTrusted = new RegExp(`\\b(?:trusted|allow-insecure)=${yes}(?:\\s|$)`, 'i').test(options);
  return [{ uris: [uri], signedBy, isTrusted, file, line }];
}

/**
 * Returns the enabled sources in a .sources file. An empty line ends a stanza, and an indented line continues a field.
 */
function stanzasIn(lines: readonly FileLine[]): readonly AptSource[] {
  const found: AptSource[] = [];
  let fields = new Map<string, FileLine>();
  let open = '';
  const close = (): void => {
    const uris = fields.get('uris');
    const keys = fields.get('signed-by');
    const isSet = (name: string, words: RegExp): boolean => words.test(fields.get(name)?.text ?? '');
    if (uris !== undefined && !isSet('enabled', isNo))
      found.push({
        uris: splitWords(uris.text),
        signedBy: keys === undefined ? null : splitWords(keys.text).filter((word) => word.startsWith('/')),
        isTrusted: isSet('trusted', isYes) || isSet('allow-insecure', isYes),
        file: uris.file,
        line: uris.line,
      });
    fields = new Map();
  };
  for (const line of lines) {
    if (line.text.trim() === '') close();
    else if (!line.text.startsWith('#')) {
      const [, name, text = ''] = /^([\w-]+):(.*)$/.exec(line.text) ?? [];
      const before = fields.get(open);
      if (name !== undefined) {
        open = name.toLowerCase();
        fields.set(open, { ...line, text });
      } else if (before !== undefined) fields.set(open, { ...before, text: `${before.text} ${line.text}` });
    }
  }
  close();
  return found;
}

/** Reads a line `Acquire::http::Proxy "…";`. It does not read nested blocks (`Acquire { http { … } }`). */
function proxyIn({ file, line, text }: FileLine): readonly AptProxy[] {
  const [, scheme = '', value = ''] = /^\s*Acquire::(https?)::Proxy\s+"([^"]*)"/i.exec(text) ?? [];
  return scheme === '' ? [] : [{ scheme: scheme.toLowerCase(), value, file, line }];
}

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
  return ids.map((id) => sayTrap(say, id, [{ file, line }], { uri: shown(source) }));
}

async function keyTraps(source: AptSource, machine: Machine, say: Say): Promise<readonly AptTrap[]> {
  const { file, line, signedBy } = source;
  const traps: AptTrap[] = [];
  for (const key of signedBy ?? []) {
    if (!key.startsWith('/')) continue;
    const read = await machine.read(machine.system(key));
    if (read.tag === 'ok' || read.code !== 'ENOENT') continue;
    traps.push(sayTrap(say, 'apt-key-missing', [{ file, line }], { uri: shown(source), key }));
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
    traps.push(sayTrap(say, 'apt-list-missing', [{ file, line }], { list }));
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
    const where = [...[last, ...others].map(({ file, line }) => ({ file, line })), ...(isOther ? [{ variable }] : [])];
    return [sayTrap(say, 'apt-proxy-differs', where, { value: maskUrl(last.value), others: listed, scheme })];
  });
}

function plain(url: string): string {
  return url.replace(/(?<!\/)\/+$/, '');
}
