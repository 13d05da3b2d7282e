import { posix } from 'node:path';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Lock,
  type LockEntry,
  type LockFile,
  type MalformedLines,
  malformedOf,
  sortByNeed,
  type WrongLine,
} from '../locks.ts';
import { entryOf, isForeignIndex, isPage, type LockSource } from './lock-source.ts';
import { normalNameOf } from './names.ts';
import { foreignIndexOf } from './toml-locks.ts';

/**
 * One requirement, joined from its lines, without comments. `line`: the number of the requirement's first line, from 1.
 */
interface Line {
  readonly line: number;
  readonly text: string;
}

/** One requirements file: the configured one, or a file that is included by the options `-r` and `-c`. */
interface Part {
  readonly name: string;
  readonly text: string;
  readonly lines: readonly Line[];
  /** True if the option `-c` names the file: it limits versions but requires no package. */
  readonly isConstraint: boolean;
}

const shownChars = 60;
/** The maximum number of files to read for one requirements file, with the files that it includes. */
const filesMax = 50;
/** How deep files may include each other. The loader needs one round for each level (`limits.fileRounds`). */
const depthMax = 10;
/** The usual endings of included files. Other files, such as `.env`, may contain secrets. */
const usualFile = /[^/]\.(?:txt|in)$/;
/** A version or a version specifier, such as `>=1.0,<2`. Other text is not shown, because it may be a secret. */
const specifier = /^\(?(?:(?:[<>=!~]=?|===)\s*)?v?\d[\w.*+!-]*(?:\s*,\s*(?:[<>=!~]=?|===)\s*v?\d[\w.*+!-]*)*\)?$/;
const requirement = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/s;
const url = /^(?:-e\b|--editable\b|(?:git|hg|svn|bzr)\+|(?:file|https?):)/i;
/** As in pip, a requirement is a path if it has a path separator or ends like an archive. */
const path =
  /^(?!-|\{)(?:\.(?=$|[\s[])|[^\s;<>=!~@[]*[/\\]|[^\s;<>=!~@[]+\.(?:whl|zip|tgz|tbz|tlz|tar(?:\.\w+)?)(?=$|[\s;[]))/i;
const hashOption = /--hash[= ]\s*sha256:([0-9a-f]{64})(?=\s|$)/gi;
/** As in pip, a line may have several options, a long one may be abbreviated, and a short one needs no space. */
const include = /(?:^| )(?:-([rc]) ?|--(r)equirem[a-z]*[ =]|--(c)[a-z]*[ =])(\S+)/g;

/**
 * Parses a requirements file with the files that its `-r` and `-c` options name. A requirement without a version gets
 * the version that a file of `-c` pins.
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export function readRequirements(file: LockFile): Result<Lock, Sentence> {
  const { parts, unread, isIncomplete } = partsOf(file);
  const isForeign =
    foreignIndexOf(file) !== null || parts.some(({ lines }) => lines.some(({ text }) => namesForeignIndex(text, file)));
  const source: LockSource = { kind: 'index', url: isForeign ? '' : null };
  const constraints = constraintsOf(parts);
  const pinned: Record<string, string> = Object.create(null) as Record<string, string>;
  const entries: LockEntry[] = unread.map((module) => ({ module, version: '', because: 'unread' }));
  const malformed: MalformedLines[] = [];
  for (const part of parts) {
    const wrong: WrongLine[] = [];
    for (const line of part.lines) {
      const read = part.isConstraint ? null : entryAt(line.text, source, constraints, file);
      if (read !== null) {
        entries.push(read.entry);
        if (read.entry.because === null) pin(read.entry, read.hashes, pinned);
      } else if (!isOption(line.text) && requirementAt(line.text) === null)
        wrong.push({ line: line.line, words: part === parts[0] ? line.text.split(' ', 2) : [] });
    }
    malformed.push(...malformedOf(part.name, phrase('expected.pypiHashes'), wrong));
  }
  if (entries.length === 0 && malformed.length > 0) return error(phrase('expected.requirements'));
  const needs = needsOf(parts.map(({ text }) => text).join('\n'));
  return ok({
    entries: sortByNeed(entries, needs),
    pinned: { ...pinned },
    malformed,
    ...(isIncomplete ? { isIncomplete } : {}),
  });
}

/**
 * Reads the file and the files that it includes, each only once. `unread`: the options whose file cannot be read or must
 * not be read, is a URL, has another ending than `usualFile`, is not among the first `filesMax` files, or deeper than
 * `depthMax`.
 */
function partsOf(file: LockFile) {
  let isIncomplete = false;
  const parts: Part[] = [];
  const unread: string[] = [];
  const seen = new Set([posix.normalize(file.name)]);
  const open = [{ name: file.name, text: file.text, isConstraint: false, depth: 0 }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const lines = linesOf(next.text);
    parts.push({ ...next, lines });
    const included = lines.flatMap(({ text }) => (isOption(text) ? [...text.matchAll(include)] : []));
    for (const [option, short, requires, constrains, target = ''] of included) {
      const path = posix.normalize(posix.isAbsolute(target) ? target : posix.join(posix.dirname(next.name), target));
      if (seen.has(path)) continue;
      seen.add(path);
      const isUrl = /^[a-z][a-z0-9+.-]*:/i.test(target);
      const isUsual = !isUrl && usualFile.test(path) && seen.size <= filesMax && next.depth < depthMax;
      const content = isUsual ? file.beside(path) : null;
      isIncomplete ||= !isUsual && !isUrl;
      if (content === null) unread.push(option.trim());
      else {
        const isConstraint = next.isConstraint || (short ?? requires ?? constrains) === 'c';
        open.push({ name: path, text: content, isConstraint, depth: next.depth + 1 });
      }
    }
  }
  return { parts, unread, isIncomplete };
}

/** Returns the versions that the constraint files pin, keyed by normalised project name. */
function constraintsOf(parts: readonly Part[]): ReadonlyMap<string, string> {
  const lines = parts.filter(({ isConstraint }) => isConstraint).flatMap((part) => part.lines);
  return new Map(
    lines.flatMap(({ text }) => {
      const read = isOption(text) || isElsewhere(text) ? null : requirementAt(text);
      return read === null || read.version === '' ? [] : [[normalNameOf(read.name), read.version] as const];
    }),
  );
}

function isElsewhere(text: string): boolean {
  return url.test(text) || path.test(text);
}

function isOption(text: string): boolean {
  return text.startsWith('-') && !isElsewhere(text);
}

/** Makes the lock entry of one line; `null`: the line is an option, or malformed. */
function entryAt(
  text: string,
  source: LockSource,
  constraints: ReadonlyMap<string, string>,
  file: LockFile,
): { readonly entry: LockEntry; readonly hashes: readonly string[] } | null {
  if (isElsewhere(text)) {
    const [, place = ''] = /^(?:(?:-e|--editable)[\s=]*)?(\S*)/.exec(text) ?? [];
    const name = /[#&]egg=([A-Za-z0-9._-]+)/.exec(text)?.[1] ?? place.slice(0, shownChars);
    return { entry: entryOf(name, '', { kind: 'elsewhere' }, file), hashes: [] };
  }
  const read = isOption(text) ? null : requirementAt(text);
  if (read === null) return null;
  const { name, limit, hashes } = read;
  if (limit.startsWith('@')) return { entry: entryOf(name, '', { kind: 'elsewhere' }, file), hashes: [] };
  const version = read.version === '' ? (constraints.get(normalNameOf(name)) ?? '') : read.version;
  if (version !== '') {
    const entry = entryOf(name, version, source, file);
    return { entry: { ...entry, version: entry.because === null ? version : shownVersion(version) }, hashes };
  }
  const entry = entryOf(name, '0', source, file);
  return { entry: { ...entry, version: shownVersion(limit), because: entry.because ?? 'unpinned' }, hashes: [] };
}

/**
 * Parses the requirement of one line; `null`: the line is no requirement. `version`: the pinned version, or empty.
 * `limit`: the condition as written after the name, such as `>=1.0`.
 */
function requirementAt(text: string) {
  const [, name, rest = ''] = requirement.exec(text) ?? [];
  if (name === undefined) return null;
  const [, version = ''] = /^(?:\(\s*)?={2,3}\s*([^\s;,)*]+)(?:\s*\))?\s*(?=;|--|-\w|$)/.exec(rest) ?? [];
  const [limit = ''] = rest.split(/;|--|\s-\w/, 1);
  if (version === '' && !/^(?:\s*$|[<>=!~(@])/.test(limit)) return null;
  const hashes = [...rest.matchAll(hashOption)].map(([, hex = '']) => `sha256:${hex.toLowerCase()}`);
  return { name, version, limit: limit.trim(), hashes };
}

function shownVersion(version: string): string {
  return version.length <= shownChars && specifier.test(version) ? version : '';
}

function pin({ module, version }: LockEntry, hashes: readonly string[], pinned: Record<string, string>): void {
  for (const hash of hashes) pinned[`${module}@${version}/${hash}`] = hash;
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

/**
 * Matches the options that name an index, or a page of files. As in pip, a line may have several options, a long one may
 * be abbreviated, and a short one needs no space.
 */
const indexOption = /(?:^| )(?:-i|--(?:i|ex|py)[\w-]*=?|-(f)|--(f)[\w-]*=?) ?(\S+)/g;

function namesForeignIndex(text: string, { mirrors }: LockFile): boolean {
  if (!isOption(text)) return false;
  // With `--no-index`, pip requests no index, so the names never leave the project.
  return (
    / --no-i/.test(` ${text}`) ||
    [...text.matchAll(indexOption)].some(
      ([, short, long, url = '']) => ((short ?? long) === undefined || isPage(url)) && isForeignIndex(url, mirrors),
    )
  );
}

/**
 * Counts by how many packages and files each project is required, from the comments `# via a, b` of pip-compile and uv.
 */
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
