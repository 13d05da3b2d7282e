import { formatCommand } from '../../core/command-line.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { maskUserInfo } from '../../core/mask-lines.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import type { FileText, FolderNames } from '../../core/ports.ts';
import type { Diagnosis, Machine, Trap, TrapKind, TrapKinds, Unchecked } from '../../core/trap.ts';
import { type Authority, type KnownTraps, type Today, type TrapId, trapOf } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/words.ts';
import { readAssignments } from './assignments.ts';
import { keepProvenEdits, trapKeyOf } from './edits.ts';
import type { OnlineFound, ProbedMirror } from './online.ts';
import { onlineKinds } from './online-subject.ts';
import { examineProxies, proxyKinds } from './proxies.ts';

const doorKinds = {
  'door-unused': { severity: 'note', isFixable: false },
  'door-private': { severity: 'warning', isFixable: false },
  'door-leaks': { severity: 'error', isFixable: false },
} as const satisfies KnownTraps;

interface KnownDoor {
  readonly ecosystem: EcosystemId;
  /** The front door's URL for clients of this ecosystem, without a trailing slash: `http://127.0.0.1:10121/go`. */
  readonly url: string;
  readonly lines: readonly string[];
}

/**
 * Finds traps in a client's current settings that concern the front door.
 * @param patterns  name patterns of private modules in the configuration
 */
function trapsOfDoor(
  { url, lines, ecosystem }: KnownDoor,
  { chain, privatePatterns, direct = privatePatterns }: Today,
  patterns: readonly string[],
  say: Say,
): readonly Trap[] {
  const members = chain?.text.split(/[,|]/) ?? [];
  const at = members.findIndex((member) => member.replace(/(?<!\/)\/+$/, '') === url);
  const trap = (id: keyof typeof doorKinds, what: string): Trap =>
    trapOf(id, what, chain === null ? [] : [chain.place], lines);
  if (at < 0) return [trap('door-unused', say('trap.door-unused.what', { url, ecosystem }))];
  const behind = members.slice(at + 1).filter((member) => /^https?:/.test(member));
  const list = (names: readonly string[]): string => names.join(say('list.and'));
  const traps: Trap[] = [];
  const unknown = patterns.filter(
    (pattern) => registry.of(ecosystem)?.names.private?.matches(direct, pattern) !== true,
  );
  if (unknown.length > 0 && behind.length > 0)
    traps.push(trap('door-leaks', say('trap.door-leaks.what', { patterns: list(unknown), mirrors: list(behind) })));
  // Only a client with a setting for private names needs the patterns. For such a client, the front door's lines
  // contain the patterns.
  const missing = unknown.filter((pattern) => lines.some((line) => line.includes(pattern)));
  if (missing.length > 0) traps.push(trap('door-private', say('trap.door-private.what', { patterns: list(missing) })));
  return traps;
}

export async function loadTrapKinds(): Promise<TrapKinds> {
  const doctors = await Promise.all(registry.all.map((one) => one.doctor?.()));
  return Object.assign(
    {},
    proxyKinds,
    authorityKinds,
    doorKinds,
    ...doctors.map((doctor) => doctor?.kinds ?? {}),
    onlineKinds,
  ) as TrapKinds;
}

export function trapWordsOf(id: TrapId, say: Say): { readonly title: string; readonly causes: string } {
  return { title: say(`trap.${id}.title`), causes: say(`trap.${id}.causes`) };
}

const authorityKinds = {
  'ca-missing': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;

/**
 * Returns a trap for each client in use without a CA file, if a CA file is set for another client. Without the file,
 * the client may refuse certificates that the other client accepts.
 */
function findAuthorityTraps(all: readonly Authority[], say: Say): readonly Trap[] {
  const [setting] = all.flatMap(({ set }) => (set === null || set.file === null ? [] : [{ ...set, file: set.file }]));
  if (setting === undefined) return [];
  const { file, place } = setting;
  return all.flatMap(({ variable, isUsed, set }): Trap[] => {
    if (set !== null || !isUsed) return [];
    const what = say('trap.ca-missing.what', { file, variable });
    return [trapOf('ca-missing', what, [place], [formatCommand`export ${variable}=${file}`])];
  });
}

export type NamedTrap = Trap &
  Pick<TrapKind, 'severity'> & {
    readonly title: string;
    readonly causes: string;
  };

/** The result of examining a machine, and the text of every file that was read. */
export interface Examined {
  readonly traps: readonly NamedTrap[];
  readonly unchecked: readonly Unchecked[];
  readonly texts: ReadonlyMap<string, string>;
  /** The mirrors whose probe ended, with any outcome. The list is empty until `addOnline` has run. */
  readonly probedMirrors: readonly ProbedMirror[];
}

export interface KnownSurroundings {
  readonly hosts: readonly string[];
  readonly doors: readonly KnownDoor[];
  readonly privatePatterns: Readonly<Record<EcosystemId, readonly string[]>>;
}

/** Examines the settings of this machine, without network requests. */
export async function examine(machine: Machine, known: KnownSurroundings, say: Say): Promise<Examined> {
  const once = readingOnce(machine);
  const { observed, texts, unchecked } = watching(once, say);
  const found = await diagnosed(observed, known, say);
  const again = async (changed: Machine): Promise<readonly Trap[]> =>
    merged((await diagnosed(changed, known, say)).traps);
  const traps = await keepProvenEdits(merged(found.traps), once, (file) => texts.get(file) ?? null, again);
  return {
    traps: named(traps, await loadTrapKinds(), say),
    unchecked: [...found.unchecked, ...unchecked],
    texts,
    probedMirrors: [],
  };
}

async function diagnosed(machine: Machine, known: KnownSurroundings, say: Say): Promise<Diagnosis> {
  const assignments = await readAssignments(machine);
  const found: Diagnosis[] = [examineProxies({ machine, assignments }, known.hosts, say)];
  const authorities: Authority[] = [];
  for (const { id, doctor } of registry.all) {
    const surroundings = { machine, assignments, privatePatterns: known.privatePatterns[id] ?? [] };
    const one = await doctor?.();
    if (one === undefined) continue;
    found.push(await one.examine(surroundings, say));
    const door = known.doors.find(({ ecosystem }) => ecosystem === id);
    const today = door === undefined ? undefined : await one.today?.(surroundings);
    if (door !== undefined && today !== undefined)
      found.push({ traps: trapsOfDoor(door, today, surroundings.privatePatterns, say), unchecked: [] });
    if (one.authority !== undefined) authorities.push(await one.authority(surroundings));
  }
  found.push({ traps: findAuthorityTraps(authorities, say), unchecked: [] });
  return { traps: found.flatMap(({ traps }) => traps), unchecked: found.flatMap(({ unchecked }) => unchecked) };
}

export async function addOnline(
  found: Examined,
  { traps, unchecked, probedMirrors }: OnlineFound,
  say: Say,
): Promise<Examined> {
  const both = [...found.traps, ...named(merged(traps), await loadTrapKinds(), say)];
  return { ...found, traps: worstFirst(both), unchecked: [...found.unchecked, ...unchecked], probedMirrors };
}

const order = ['error', 'warning', 'note'] as const;

function named(traps: readonly Trap[], kinds: Readonly<Record<string, TrapKind>>, say: Say): readonly NamedTrap[] {
  return worstFirst(
    traps.map((trap) => {
      const kind = kinds[trap.id];
      if (kind === undefined) throw new Error(`a trap that is in no list: ${trap.id}`);
      const masked = { what: maskUserInfo(trap.what), set: trap.set.map(maskUserInfo) };
      return { ...trap, ...masked, severity: trap.severity ?? kind.severity, ...trapWordsOf(trap.id as TrapId, say) };
    }),
  );
}

function worstFirst(traps: readonly NamedTrap[]): readonly NamedTrap[] {
  return traps.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function merged(traps: readonly Trap[]): readonly Trap[] {
  const byText = new Map<string, Trap>();
  for (const trap of traps) {
    const key = trapKeyOf(trap);
    const { where = [], edits = [] } = byText.get(key) ?? {};
    byText.set(key, { ...trap, where: [...where, ...trap.where], edits: [...edits, ...trap.edits] });
  }
  return [...byText.values()];
}

/** Returns a machine that caches what it reads, because clients share many paths, and each edit is examined again. */
function readingOnce(machine: Machine): Machine {
  const texts = new Map<string, Promise<FileText>>();
  const folders = new Map<string, Promise<FolderNames>>();
  return {
    ...machine,
    read: (path) => getOrMake(texts, path, () => machine.read(path)),
    list: (path) => getOrMake(folders, path, () => machine.list(path)),
  };
}

/**
 * Returns a machine that records the files that it read and the paths that it could not read. An unreadable path may
 * contain traps, so it is reported.
 */
function watching(machine: Machine, say: Say) {
  const texts = new Map<string, string>();
  const unchecked: Unchecked[] = [];
  const note = (file: string, code: string): void => {
    if (
      code === 'ENOENT' ||
      code === 'ENOTDIR' ||
      unchecked.some(({ where: [place] }) => place && 'file' in place && place.file === file)
    )
      return;
    unchecked.push({ id: 'settings', because: say('change.read', { code }), where: [{ file, line: null }] });
  };
  const observed: Machine = {
    ...machine,
    async read(path) {
      const text = await machine.read(path);
      if (text.tag === 'ok') texts.set(path, text.text);
      else note(path, text.code);
      return text;
    },
    async list(path) {
      const names = await machine.list(path);
      if (names.tag === 'error') note(path, names.code);
      return names;
    },
  };
  return { observed, texts, unchecked };
}
