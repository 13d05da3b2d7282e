import { join } from 'node:path';
import type { Machine } from '../../core/trap.ts';
import { type FileLine, listBelow, readLines, splitWords } from '../doctor.ts';

export interface AptSource {
  readonly uris: readonly string[];
  /**
   * The words of the option `Signed-By`; in a .sources file only those that are paths. `null`: the option is not set.
   */
  readonly signedBy: readonly string[] | null;
  /** True if apt accepts this source without a valid signature. */
  readonly isTrusted: boolean;
  readonly file: string;
  readonly line: number;
}

interface AptProxy {
  /** `http` or `https`. */
  readonly scheme: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

export interface AptFound {
  readonly sources: readonly AptSource[];
  /** The proxies in the order in which apt reads them. If a scheme has several, the last one applies. */
  readonly proxies: readonly AptProxy[];
  /** Files that contain passwords. `mode`: permission bits; `null`: not known. */
  readonly passwords: readonly { readonly file: string; readonly mode: number | null }[];
}

/** Reads apt's sources, proxies and password files. @see sources.list(5), apt.conf(5), apt_auth.conf(5) */
export async function findApt(machine: Machine): Promise<AptFound> {
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
