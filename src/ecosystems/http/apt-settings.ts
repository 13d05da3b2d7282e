import { join } from 'node:path';
import type { Machine } from '../../core/trap.ts';

/** One source of packages: a line of a .list file or a stanza of a .sources file. */
export interface AptSource {
  readonly uris: readonly string[];
  /** Files of keys; `null`: none, so any trusted key may sign. A key within the file gives an empty list. */
  readonly signedBy: readonly string[] | null;
  /** Signatures are not verified. */
  readonly isTrusted: boolean;
  readonly file: string;
  readonly line: number;
}

/** A proxy in apt's own settings. */
interface AptProxy {
  /** `http` or `https`. */
  readonly scheme: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

/** The settings that apt reads on this machine. */
export interface AptFound {
  readonly sources: readonly AptSource[];
  /** In reading order: the last one of a scheme counts. */
  readonly proxies: readonly AptProxy[];
  /** Files with passwords and their modes; `null`: unknown mode. */
  readonly passwords: readonly { readonly file: string; readonly mode: number | null }[];
}

/** Reads sources.list, sources.list.d, apt.conf.d, apt.conf and auth.conf. @see sources.list(5), apt.conf(5), apt_auth.conf(5) */
export async function findApt(machine: Machine): Promise<AptFound> {
  const at = (path: string): string => machine.system(join('/etc/apt', path));
  const sources: AptSource[] = [];
  const proxies: AptProxy[] = [];
  const passwords: { file: string; mode: number | null }[] = [];
  for (const file of [at('sources.list'), ...(await below(machine, at('sources.list.d')))]) {
    const text = await machine.read(file);
    if (text.tag === 'ok') sources.push(...(file.endsWith('.sources') ? stanzasIn : linesIn)(file, text.text));
  }
  for (const file of [...(await below(machine, at('apt.conf.d'))), at('apt.conf')]) {
    const text = await machine.read(file);
    if (text.tag === 'ok') proxies.push(...proxiesIn(file, text.text));
  }
  for (const file of [at('auth.conf'), ...(await below(machine, at('auth.conf.d')))]) {
    const text = await machine.read(file);
    if (text.tag === 'ok' && /\bpassword\b/.test(text.text))
      passwords.push({ file, mode: (await machine.mode?.(file)) ?? null });
  }
  return { sources, proxies, passwords };
}

async function below(machine: Machine, folder: string): Promise<readonly string[]> {
  const listed = await machine.list(folder);
  return listed.tag === 'ok' ? listed.names.toSorted().map((name) => join(folder, name)) : [];
}

/** `deb [options] URI suite component…` */
function linesIn(file: string, text: string): readonly AptSource[] {
  return text.split(/\r?\n/).flatMap((line, at): AptSource[] => {
    const [, options = '', uri = ''] = /^\s*deb(?:-src)?\s+(?:\[([^\]]*)\]\s+)?(\S+)\s/.exec(line) ?? [];
    if (uri === '') return [];
    const [, keys] = /\bsigned-by=(\S+)/i.exec(options) ?? [];
    return [
      {
        uris: [uri],
        signedBy: keys === undefined ? null : keys.split(','),
        isTrusted: /\b(?:trusted|allow-insecure)=yes\b/i.test(options),
        file,
        line: at + 1,
      },
    ];
  });
}

/** Fields of a stanza; indented lines continue a value. */
function stanzasIn(file: string, text: string): readonly AptSource[] {
  const found: AptSource[] = [];
  let fields = new Map<string, { value: string; line: number }>();
  let open = '';
  const close = (): void => {
    const uris = fields.get('uris');
    const keys = fields.get('signed-by');
    const isOn = (name: string): boolean => fields.get(name)?.value.trim().toLowerCase() === 'yes';
    if (uris !== undefined && fields.get('enabled')?.value.trim().toLowerCase() !== 'no')
      found.push({
        uris: wordsOf(uris.value),
        signedBy: keys === undefined ? null : wordsOf(keys.value).filter((word) => word.startsWith('/')),
        isTrusted: isOn('trusted') || isOn('allow-insecure'),
        file,
        line: uris.line,
      });
    fields = new Map();
  };
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') close();
    else if (!line.startsWith('#')) {
      const [, name, value = ''] = /^([\w-]+):(.*)$/.exec(line) ?? [];
      const before = fields.get(open);
      if (name !== undefined) {
        open = name.toLowerCase();
        fields.set(open, { value, line: at + 1 });
      } else if (before !== undefined) fields.set(open, { ...before, value: `${before.value} ${line}` });
    }
  }
  close();
  return found;
}

function wordsOf(value: string): readonly string[] {
  return value.split(/\s+/).filter((word) => word !== '');
}

/** `Acquire::http::Proxy "…";` on one line, the usual form. */
function proxiesIn(file: string, text: string): readonly AptProxy[] {
  return text.split(/\r?\n/).flatMap((line, at): AptProxy[] => {
    const [, scheme = '', value = ''] = /^\s*Acquire::(https?)::Proxy\s+"([^"]*)"/i.exec(line) ?? [];
    return scheme === '' ? [] : [{ scheme: scheme.toLowerCase(), value, file, line: at + 1 }];
  });
}
