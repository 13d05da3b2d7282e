import { join } from 'node:path';
import type { Assignment, Machine, MachineSurroundings } from '../../core/trap.ts';
import { foldersFrom, listBelow } from '../../ecosystems/doctor.ts';

/**
 * Matches the start of a here-document: `<<WORD`, `<<-WORD`, `<<'WORD'`. It matches neither `<<<` nor a shift by a
 * number.
 */
const opening = /(?<!<)<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_][\w.-]*))/g;

/**
 * Returns the indexes of lines in here-documents. Such lines set no variable. A here-document without an end is
 * ignored: otherwise all following lines would be skipped.
 */
function hereLines(lines: readonly string[]): ReadonlySet<number> {
  const within = new Set<number>();
  const untabbed = lines.map((line) => line.replace(/^\t+/, ''));
  // A file of a stranger may open thousands of here-documents without an end.
  const [last, lastUntabbed] = [lines, untabbed].map((all) => new Map(all.map((line, at) => [line, at])));
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*#/.test(line)) continue;
    for (const [, dash = '', ...words] of line.matchAll(opening)) {
      const word = words.find((one) => one !== undefined) ?? '';
      if (((dash === '' ? last : lastUntabbed)?.get(word) ?? -1) <= at) continue;
      const end = (dash === '' ? lines : untabbed).indexOf(word, at + 1);
      for (let i = at + 1; i <= end; i += 1) within.add(i);
      at = end;
    }
  }
  return within;
}

const inHome = [
  '.profile',
  '.bash_profile',
  '.bash_login',
  '.bashrc',
  '.zshenv',
  '.zprofile',
  '.zshrc',
  '.zlogin',
  '.config/environment.d/mirrors.conf',
  '.config/fish/config.fish',
];
const ofSystem = ['/etc/environment', '/etc/profile', '/etc/bash.bashrc', '/etc/zsh/zshenv', '/etc/zsh/zshrc'];

/**
 * Reads the variables that start-up files of shells and logins set: first the system's files, then the user's, then the
 * project's `.envrc`.
 */
export async function readAssignments(machine: Machine): Promise<readonly Assignment[]> {
  const files = [
    ...ofSystem.map((path) => machine.system(path)),
    ...(await listBelow(machine, machine.system('/etc/profile.d'), /\.sh$/)),
    ...inHome.map((path) => join(machine.home, path)),
  ];
  const found: Assignment[] = [];
  for (const file of files) {
    const text = await machine.read(file);
    if (text.tag === 'ok') found.push(...assignmentsIn(file, text.text));
  }
  return [...found, ...(await ofDirenv(machine))];
}

/** Returns the surroundings in which a doctor works if no private patterns are configured. */
export async function readSurroundings(machine: Machine): Promise<MachineSurroundings> {
  return { machine, assignments: await readAssignments(machine), privatePatterns: [] };
}

/** Reads the variables of `.envrc`. Like direnv, it uses the nearest such file in this folder or above it. */
async function ofDirenv(machine: Machine): Promise<readonly Assignment[]> {
  for (const folder of foldersFrom(machine.cwd)) {
    const file = join(folder, '.envrc');
    const text = await machine.read(file);
    if (text.tag === 'ok') return assignmentsIn(file, text.text);
  }
  return [];
}

/** Returns the variables that a file sets. An `unset` removes earlier assignments of the same file. */
export function assignmentsIn(file: string, text: string): readonly Assignment[] {
  const found: Assignment[] = [];
  const removed = new Set<string>();
  const lines = text.split('\n');
  const here = file.endsWith('.fish') ? null : hereLines(lines);
  for (const [at, raw] of [...lines.entries()].reverse()) {
    if (here?.has(at)) continue;
    const line = raw.trim();
    for (const name of /^unset\s(.+)$/.exec(line)?.[1]?.split(/\s+/) ?? []) removed.add(name);
    for (const [name, value] of (file.endsWith('.fish') ? ofFish(line) : ofShell(line)).toReversed())
      if (!removed.has(name)) found.push({ name, value, file, line: at + 1 });
  }
  return found.reverse();
}

type Named = readonly [name: string, value: string | null];

const word = /\s*([A-Za-z_][A-Za-z0-9_]*)=((?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\;&|#])*)/y;

/**
 * Parses lines such as `export A=1 B='2'` or `A=1`. It ignores a variable that is set only for one command, as in
 * `A=1 make`.
 */
function ofShell(line: string): readonly Named[] {
  if (line.startsWith('#')) return [];
  const begin = /^(?:export|declare\s+-x|typeset\s+-x)\s+/.exec(line)?.[0].length ?? 0;
  const named: Named[] = [];
  word.lastIndex = begin;
  for (;;) {
    const from = word.lastIndex;
    const match = word.exec(line);
    if (match === null) {
      const rest = line.slice(from).trim();
      return begin > 0 || rest === '' || /^[;&|#]/.test(rest) ? named : [];
    }
    named.push([match[1] ?? '', unquoted(match[2] ?? '')]);
  }
}

function ofFish(line: string): readonly Named[] {
  const [, name, value] = /^set\s+-(?=[a-zA-Z-]*x)[a-zA-Z-]+\s+(?:(?:-g|--global)\s+)?(\w+)\s+(\S+)/.exec(line) ?? [];
  return name === undefined ? [] : [[name, unquoted(value ?? '')]];
}

/** Returns the value of a shell word without its quotes; `null` if the shell would compute the value. */
function unquoted(text: string): string | null {
  let plain = '';
  for (const [part] of text.matchAll(/'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^'"\\]+/g)) {
    if (part.startsWith("'")) plain += part.slice(1, -1);
    else if (/[$`]/.test(part.replace(/\\./g, ''))) return null;
    else if (part.startsWith('"')) plain += part.slice(1, -1).replace(/\\(["\\$`])/g, '$1');
    else plain += part.startsWith('\\') ? part.slice(1) : part;
  }
  return plain;
}
