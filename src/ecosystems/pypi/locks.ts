import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { type Lock, type LockEntry, type LockFile, type Locks, type MalformedLines, sortByNeed } from '../locks.ts';
import { entryOf, isForeignIndex, type LockSource } from './lock-source.ts';
import { normalNameOf } from './names.ts';

function kindOf(name: string): 'uv' | 'poetry' | 'requirements' | null {
  const last = name.split('/').at(-1) ?? '';
  if (last === 'uv.lock') return 'uv';
  if (last === 'poetry.lock') return 'poetry';
  return last.endsWith('.txt') ? 'requirements' : null;
}

export const pypiLocks: Locks = {
  describes: 'A requirements.txt with pinned versions, a uv.lock or a poetry.lock.',
  top: 'So many of its projects: those that most others need first.',
  expected: phrase('expected.pathLock'),
  isLock: (name) => kindOf(name) !== null,
  async reader() {
    const { readTomlLock } = await import('./toml-locks.ts');
    return (file) => {
      const kind = kindOf(file.name);
      return kind === 'uv' || kind === 'poetry' ? readTomlLock(kind, file) : readRequirements(file);
    };
  },
};

/** One requirement, joined from its lines, without comments. `line`: the first one's number, from 1. */
interface Line {
  readonly line: number;
  readonly text: string;
}

const malformedMax = 20;
const requirement = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/s;
const elsewhere = /^(?:-e\b|--editable\b|\.{0,2}\/|file:|(?:git|hg|svn|bzr)\+|https?:)/i;
const hashOption = /--hash[= ]\s*sha256:([0-9a-f]{64})(?=\s|$)/gi;

/**
 * Parses a requirements file. Included files are not read.
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
function readRequirements(file: LockFile): Result<Lock, Sentence> {
  const entries: LockEntry[] = [];
  const pinned: Record<string, string> = Object.create(null) as Record<string, string>;
  const wrong: Line[] = [];
  const lines = linesOf(file.text);
  const isForeign = lines.some(({ text }) => namesForeignIndex(text, file));
  const source: LockSource = { kind: 'index', url: isForeign ? '' : null };
  for (const line of lines) {
    const { text } = line;
    if (elsewhere.test(text)) {
      const name = /[#&]egg=([A-Za-z0-9._-]+)/.exec(text)?.[1] ?? (text.split(/\s/, 1)[0] ?? '').slice(0, 60);
      entries.push(entryOf(name, '', { kind: 'elsewhere' }, file));
    } else if (text.startsWith('-')) continue;
    else {
      const entry = readLine(text, source, file, pinned);
      if (entry === null) wrong.push(line);
      else entries.push(entry);
    }
  }
  if (entries.length === 0) return error(phrase('expected.requirements'));
  const needs = needsOf(file.text);
  return ok({
    entries: sortByNeed(entries, needs),
    pinned: { ...pinned },
    malformed:
      wrong.length === 0 ? null : { ...shown(wrong), file: file.name, expected: phrase('expected.pypiHashes') },
  });
}

function readLine(text: string, source: LockSource, file: LockFile, pinned: Record<string, string>): LockEntry | null {
  const [, name, rest = ''] = requirement.exec(text) ?? [];
  if (name === undefined) return null;
  if (rest.startsWith('@')) return entryOf(name, '', { kind: 'elsewhere' }, file);
  const [, version] = /^(?:\(\s*)?={2,3}\s*([^\s;,)]+)\s*\)?\s*(?=;|--|$)/.exec(rest) ?? [];
  const [limit = ''] = rest.split(/\s*(?:;|--)/, 1);
  if (version === undefined && !/^(?:$|[<>=!~(])/.test(limit)) return null;
  const entry = entryOf(name, version ?? limit.trim(), source, file);
  if (entry.because === null)
    for (const [, hex = ''] of rest.matchAll(hashOption)) {
      const hash = `sha256:${hex.toLowerCase()}`;
      pinned[`${entry.module}@${entry.version}/${hash}`] = hash;
    }
  return entry;
}

function oneSpaced(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let open: { line: number; text: string } | null = null;
  for (const [at, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    // As in pip, a line with only a comment ends a requirement, also after a backslash.
    const isComment = /^\s*#/.test(raw);
    const continues = !isComment && raw.endsWith('\\');
    const content = isComment ? '' : (continues ? raw.slice(0, -1) : raw).replace(/\s#.*$/s, '');
    open = open === null ? { line: at + 1, text: content } : { line: open.line, text: `${open.text} ${content}` };
    if (continues) continue;
    if (open.text.trim() !== '') lines.push({ line: open.line, text: oneSpaced(open.text) });
    open = null;
  }
  if (open !== null && open.text.trim() !== '') lines.push({ line: open.line, text: oneSpaced(open.text) });
  return lines;
}

function namesForeignIndex(text: string, { mirrors }: LockFile): boolean {
  const [, url] = /^(?:-i|--index-url|--extra-index-url|--pypi-url)[= ]\s*(\S+)/.exec(text) ?? [];
  return url !== undefined && isForeignIndex(url, mirrors);
}

/** How many others need each project, by the comments `# via a, b` of pip-compile and uv. */
function needsOf(text: string): ReadonlyMap<string, number> {
  const needs = new Map<string, number>();
  let module: string | null = null;
  for (const raw of text.split(/\r?\n/)) {
    const found = /^([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(raw)?.[1];
    if (found !== undefined) module = normalNameOf(found);
    const [, names] = /^\s+#\s*(?:via\b)?(.*)$/s.exec(raw) ?? [];
    if (module === null || names === undefined) continue;
    const count = names.split(',').filter((name) => name.trim() !== '').length;
    needs.set(module, (needs.get(module) ?? 0) + count);
  }
  return needs;
}

function shown(wrong: readonly Line[]): MalformedLines {
  const first = wrong.slice(0, malformedMax).map(({ line, text }) => {
    const [module = '', version = ''] = text
      .split(/\s+/, 2)
      .map((word) => word.replace(/[^\x20-\x7e]/g, '?').slice(0, 60));
    return { line, module, version };
  });
  return { count: wrong.length, first };
}
