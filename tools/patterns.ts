import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { check, type Diagnostics } from 'recheck';
import { parseAst } from 'vitest/node';

/**
 * `npm run lint` runs this: it finds each regular expression of the code that takes more than linear time for some
 * text, by `recheck` (https://makenowjust-labs.github.io/recheck/).
 *
 * A pattern of second or higher degree is allowed only if a comment on its line or the line above declares the longest
 * text: `pattern input: at most 200 bytes`. It may then take at most `stepsMax` steps. A pattern whose parts are known only
 * when the program runs may instead name the test that shows its linear time: `pattern held by: test/…`.
 */

const root = join(import.meta.dirname, '..');
const folders = ['src', 'dashboards', 'assets'] as const;
/** In the repository, because a check of all patterns takes minutes, and a pattern that did not change has the same degree. */
const cacheFile = join(root, 'tools/checked-patterns.json');
const stepsMax = 1_000_000;
const lanesMax = 4;
/**
 * Limits of steps, not of time, end each search for a slow text. So the result is the same on a busy machine. `timeout`
 * is for patterns that are too large for the check; they need another form.
 */
const settings = {
  timeout: 120_000,
  attackTimeout: null,
  incubationTimeout: null,
  attackLimit: 20_000_000,
  maxAttackStringSize: 20_000,
} as const;
const settingsKey = `recheck 4.5 ${JSON.stringify(settings)}`;

interface Part {
  readonly type: string;
  readonly start: number;
  readonly [name: string]: unknown;
}

export interface Pattern {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The text of the pattern; `null`: a part of it is known only when the program runs. */
  readonly source: string | null;
  readonly flags: string;
  /** The declared length of the longest text, bytes; `null`: none is declared. */
  readonly inputBytesMax: number | null;
}

/** Per degree of the polynomial; 0: linear; `null`: exponential, or not decided. */
type Degree = number | null;

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function nameOf(part: unknown): string {
  return isPart(part) && typeof part['name'] === 'string' ? part['name'] : '';
}

function partsIn(value: unknown): readonly Part[] {
  const inner = typeof value === 'object' && value !== null ? Object.values(value).flatMap(partsIn) : [];
  return isPart(value) ? [value, ...inner] : inner;
}

type Constants = ReadonlyMap<string, () => string | null>;
const known = new Map<string, Constants>();

/** Returns the constants of a file and those that it imports, by name. */
function constantsOf(file: string): Constants {
  const before = known.get(file);
  if (before !== undefined) return before;
  const constants = new Map<string, () => string | null>();
  known.set(file, constants);
  const tree = parse(file, readFileSync(file, 'utf8'));
  for (const part of tree) {
    if (part.type === 'VariableDeclarator') {
      const isTwice = constants.has(nameOf(part['id']));
      constants.set(nameOf(part['id']), () => (isTwice ? null : textOf(part['init'], file)));
    }
    const from = part.type === 'ImportDeclaration' && isPart(part['source']) ? String(part['source']['value']) : '';
    if (!from.startsWith('.') || !/\.[jt]s$/.test(from)) continue;
    for (const { local, imported } of partsIn(part['specifiers']))
      constants.set(nameOf(local), () => constantsOf(resolve(file, '..', from)).get(nameOf(imported))?.() ?? null);
  }
  // A parameter may hide a constant of the same name.
  for (const { params } of tree)
    for (const part of partsIn(params)) if (part.type === 'Identifier') constants.set(nameOf(part), () => null);
  return constants;
}

function parse(file: string, text: string): readonly Part[] {
  return partsIn(parseAst(text, { lang: file.endsWith('.js') ? 'js' : 'ts' }));
}

/** Returns the text of a constant expression; `null`: it is not constant. */
function textOf(part: unknown, file: string): string | null {
  if (!isPart(part)) return null;
  if (isRegExp(part)) return part.regex.pattern;
  if (typeof part['value'] === 'string') return part['value'];
  if (part.type === 'Identifier') return constantsOf(file).get(nameOf(part))?.() ?? null;
  if (part.type === 'MemberExpression' && nameOf(part['property']) === 'source') return textOf(part['object'], file);
  if (part.type === 'BinaryExpression') return joined([textOf(part['left'], file), textOf(part['right'], file)]);
  const isRaw = part.type === 'TaggedTemplateExpression';
  const template = isRaw ? part['quasi'] : part;
  if (!isPart(template) || template.type !== 'TemplateLiteral') return null;
  const values = (template['expressions'] as readonly unknown[]).map((one) => textOf(one, file));
  const texts = template['quasis'] as readonly { readonly value: { readonly raw: string; readonly cooked: string } }[];
  return joined(texts.flatMap(({ value }, at) => [isRaw ? value.raw : value.cooked, ...values.slice(at, at + 1)]));
}

function joined(texts: readonly (string | null)[]): string | null {
  return texts.includes(null) ? null : texts.join('');
}

function isRegExp(part: Part): part is Part & { readonly regex: { readonly pattern: string; readonly flags: string } } {
  return isPart(part) && typeof part['regex'] === 'object' && part['regex'] !== null;
}

/** Returns all regular expressions of a file. */
export function findPatterns(file: string): readonly Pattern[] {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  return parse(file, text).flatMap((part): Pattern[] => {
    const made = part.type === 'NewExpression' || part.type === 'CallExpression' ? part['arguments'] : undefined;
    const isMade = Array.isArray(made) && nameOf(part['callee']) === 'RegExp';
    if (!isMade && !isRegExp(part)) return [];
    const line = text.slice(0, part.start).split('\n').length;
    const near = lines.slice(Math.max(0, line - 2), line).join('\n');
    const declared = /pattern input: at most ([\d_]{1,9}) bytes/.exec(near)?.[1];
    const [, heldBy = ''] = /pattern held by: (test\/[\w./-]+)/.exec(near) ?? [];
    const source = isMade ? textOf(made[0], file) : isRegExp(part) ? part.regex.pattern : null;
    if (source === null && heldBy !== '' && existsSync(join(root, heldBy))) return [];
    return [
      {
        file,
        line,
        source,
        flags: isMade ? (textOf(made[1], file) ?? '') : isRegExp(part) ? part.regex.flags : '',
        inputBytesMax: declared === undefined ? null : Number(declared.replaceAll('_', '')),
      },
    ];
  });
}

/**
 * True if a pattern is linear at first sight, so that the slow check is not needed: it repeats nothing; or it begins
 * with `^`, so that it starts once, and repeats a single character or class; or it ends with this repetition.
 */
export function isPlainlyLinear(source: string, flags: string): boolean {
  const letters = source
    .replaceAll(/\\(?:[pPu]\{[^}]*\}|.)/gsu, 'x')
    .replaceAll(/\[[^\]]*\]/g, 'c')
    .replaceAll(/(?<!\))\{\d+\}/g, '');
  if (letters.includes('{') || /\)[*+]/.test(letters)) return false;
  const repeated = letters.match(/[*+]/g)?.length ?? 0;
  if (repeated !== 1) return repeated === 0;
  const isEnd = /[*+]$/.test(letters) && !letters.includes('|');
  // With the flag `m`, a pattern starts once in each line, and `.` ends at the end of this line.
  const isInLine = !flags.includes('m') || (/\.[*+]/.test(letters) && !flags.includes('s'));
  return isEnd || (letters.startsWith('^') && isInLine && choicesOf(source, flags).length === 1);
}

/**
 * Returns the alternatives of `a|b` outside of all groups. A search tries them one after the other. So the pattern is
 * linear if each of them is, and each is checked much faster alone. A pattern with a reference to a group (`\1`) is not
 * split.
 */
export function choicesOf(source: string, flags: string): readonly string[] {
  if (/\\[1-9k]/.test(source) || flags.includes('v')) return [source];
  const choices = [''];
  let depth = 0;
  for (const [part] of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|./gs)) {
    depth += part === '(' ? 1 : part === ')' ? -1 : 0;
    if (part === '|' && depth === 0) choices.push('');
    else choices.push(`${choices.pop()}${part}`);
  }
  return choices;
}

function degreeOf(result: Diagnostics): Degree {
  if (result.status === 'safe') return 0;
  return result.status === 'vulnerable' && result.complexity.type === 'polynomial' ? result.complexity.degree : null;
}

interface Question {
  readonly source: string;
  readonly flags: string;
  /** `automaton`: an exact check, or no result. Default: as `recheck` chooses. */
  readonly checker?: 'automaton';
}

/** The degree of each pattern that was checked before, by a hash of its text. */
class Cache {
  readonly #degrees: Map<string, Degree>;
  readonly #used = new Set<string>();
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    try {
      this.#degrees = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
    } catch {
      this.#degrees = new Map();
    }
  }

  async degree({ source, flags, ...own }: Question): Promise<Degree> {
    const key = createHash('sha256')
      .update(JSON.stringify([settingsKey, source, flags, ...Object.values(own)]))
      .digest('hex')
      .slice(0, 32);
    this.#used.add(key);
    const before = this.#degrees.get(key);
    if (before !== undefined) return before;
    const degree = degreeOf(await check(source, flags, { ...settings, ...own }));
    this.#degrees.set(key, degree);
    this.#save();
    return degree;
  }

  /** Removes the patterns that were not asked for. */
  prune(): void {
    const unused = [...this.#degrees.keys()].filter((key) => !this.#used.has(key));
    for (const key of unused) this.#degrees.delete(key);
    if (unused.length > 0) this.#save();
  }

  /** Writes the file after each check, because a first run takes minutes and may be stopped. */
  #save(): void {
    const sorted = [...this.#degrees].sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(`${this.#file}.${process.pid}`, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
    renameSync(`${this.#file}.${process.pid}`, this.#file);
  }
}

async function degreeIn(source: string, flags: string, cache: Cache): Promise<Degree> {
  const choices = choicesOf(source, flags);
  let worst: Degree = 0;
  for (const choice of choices) {
    const degree: Degree = isPlainlyLinear(choice, flags) ? 0 : await cache.degree({ source: choice, flags });
    worst = worst === null || degree === null ? null : Math.max(worst, degree);
  }
  if (worst === 0 || choices.length === 1) return worst;
  // An alternative may match wherever a later one would be slow. Only an exact check of the whole pattern shows this.
  return (await cache.degree({ source, flags, checker: 'automaton' })) === 0 ? 0 : worst;
}

async function faultOf(pattern: Pattern, cache: Cache): Promise<string | null> {
  const { source, flags, inputBytesMax } = pattern;
  // Of a pattern whose parts are known only when the program runs, the worst usual degree is assumed.
  if (source === null && inputBytesMax === null) return 'parts of this pattern are known only when the program runs';
  const degree = source === null ? 2 : await degreeIn(source, flags, cache);
  if (degree === 0) return null;
  if (degree === null) return 'this pattern may take exponential time';
  if (inputBytesMax === null) return `this pattern takes time of degree ${degree} in the length of the text`;
  const steps = inputBytesMax ** degree;
  return steps <= stepsMax ? null : `this pattern takes ${steps} steps for ${inputBytesMax} bytes (limit ${stepsMax})`;
}

/**
 * Checks all regular expressions of these files.
 * @param cachePath  the file with the results of earlier checks; it is written anew
 * @param isWhole    `files` are all files, so results for other patterns go
 * @returns one line for each fault: `file:line: text`
 */
export async function checkPatterns(
  files: readonly string[],
  cachePath: string,
  isWhole = false,
): Promise<readonly string[]> {
  const cache = new Cache(cachePath);
  const patterns = files.flatMap(findPatterns);
  const faults: (string | null)[] = patterns.map(() => null);
  const left = patterns.entries();
  // recheck has a thread for each core.
  const lane = async (): Promise<void> => {
    for (const [at, pattern] of left) {
      const fault = await faultOf(pattern, cache);
      faults[at] = fault === null ? null : `${pattern.file}:${pattern.line}: ${fault}`;
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanesMax, availableParallelism()) }, lane));
  if (isWhole) cache.prune();
  return faults.filter((fault) => fault !== null);
}

if (import.meta.main) {
  const named = process.argv.slice(2).map((file) => resolve(file));
  const all = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.[jt]s$/.test(path) && !path.endsWith('.d.ts'))
      .map((path) => join(root, folder, path)),
  );
  const isWhole = named.length === 0;
  const faults = await checkPatterns(isWhole ? all : named, cacheFile, isWhole);
  for (const fault of faults) console.error(fault.replace(`${root}/`, ''));
  process.exit(faults.length === 0 ? 0 : 1);
}
