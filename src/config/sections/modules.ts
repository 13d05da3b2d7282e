import { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { type EcosystemId, type Mirror, type ModuleRef, refTextOf } from '../../core/mirror.ts';
import { partOf } from '../../core/part.ts';
import { gpgvPaths } from '../../core/ports.ts';
import { maskName } from '../../core/secret.ts';
import { type Ecosystem, leadingClientOf } from '../../ecosystems/ecosystem.ts';
import type { SkippedLockEntry } from '../../ecosystems/locks.ts';
import { type EntryFiles, isPrivate, type Named, type Names } from '../../ecosystems/names.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { byEcosystem, checked, file, integer, list, mapping, readable } from '../fields.ts';
import { listKnownMirrors } from '../known-mirrors.ts';
import type { Path, Reading } from '../reading.ts';
import { type FileLock, type LockState, placeOf, readLockModules } from './lock-files.ts';

/** An entry of `modules`. A mapping that is not a `FileLock` is read by the code of its ecosystem. */
type FileModule = string | FileLock | Readonly<Record<string, unknown>>;

export const modulesKey = byEcosystem<readonly FileModule[]>(({ names, locks }) => {
  const forms = [
    readable(names.entry.describes, names.entry.expected, (text) => names.parse(text)),
    ...(names.form === undefined ? [] : [names.form.schema]),
    ...(locks === undefined
      ? []
      : [mapping(null, { from: file(locks.describes), top: integer(locks.top, 1, limits.modules).prefault(20) })]),
  ];
  const [only] = forms;
  const entry = forms.length === 1 && only !== undefined ? only : z.union(forms);
  const expected =
    locks === undefined
      ? phrase('expected.listOf', { what: names.entry.expected })
      : phrase('expected.listFrom', { what: names.entry.expected, block: '{ from, top }' });
  return list(entry, expected, limits.modules).describe(names.describes).prefault([]);
})
  .describe('The modules to probe at the mirrors.')
  .prefault({});

function isLock(entry: FileModule): entry is FileLock {
  return typeof entry === 'object' && typeof entry['from'] === 'string' && typeof entry['top'] === 'number';
}

export const privateKey = byEcosystem<readonly string[]>(({ names }) =>
  names.private === null ? null : patterns(names.private),
)
  .describe('Names that are never sent to a public mirror or database.')
  .prefault({});

function patterns(declared: NonNullable<Names['private']>) {
  const one = checked('', declared.expected, (value) => declared.isPattern(value));
  return list(one, declared.list).describe(declared.describes).prefault([]);
}

type Entry = Named & { readonly at: number; readonly isWritten: boolean };

export interface Modules {
  readonly modules: readonly ModuleRef[];
  readonly skipped: readonly SkippedLockEntry[];
  /**
   * Hashes from lock files, by ecosystem and by `module@version`. Some ecosystems append `/` and a suffix to that key.
   */
  readonly pinned: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>>;
  /** Where each hash stands: the lock file as configured and, if known, the line. */
  readonly pinnedAt: Modules['pinned'];
}

export interface Configured {
  readonly modules: z.output<typeof modulesKey>;
  readonly private: z.output<typeof privateKey>;
  readonly mirrors: readonly Mirror[];
  readonly clients: Config['clients'];
  readonly client?: Config['client'];
}

/** Reads `modules` with its lock files, and assigns each module to upstreams. */
export function readModules(configured: Configured, reading: Reading): Modules {
  const found = registry.all.map((kind) => readKind(kind, configured, reading));
  return {
    modules: found.flatMap(({ modules }) => modules),
    skipped: found.flatMap(({ skipped }) => skipped),
    pinned: Object.assign({}, ...found.map(({ pinned }) => pinned)),
    pinnedAt: Object.assign({}, ...found.map(({ pinnedAt }) => pinnedAt)),
  };
}

function readKind(kind: Ecosystem, configured: Configured, reading: Reading): Modules {
  const { id, names } = kind;
  const entries = configured.modules[id] ?? [];
  const own = configured.mirrors.filter(({ ecosystem }) => ecosystem === id);
  const isOwn = (module: string): boolean => isPrivate(names, configured.private[id] ?? [], module);
  const state: LockState = {
    kind,
    mirrors: [...own.filter(({ servesPrivate }) => servesPrivate !== true), ...listKnownMirrors(id)],
    sources: sourcesOf(kind, configured),
    isPrivate: isOwn,
    skipped: [],
    foreign: new Set(),
    pinned: {},
    files: new Map(),
    reported: new Set(),
  };
  const mistakes = (): number => reading.issues.filter(({ severity }) => severity === 'error').length;
  const before = mistakes();
  const named = new Map<string, Entry>();
  for (const [at, entry] of entries.entries()) {
    const path = ['modules', id, at];
    const isWritten = !isLock(entry);
    const taken = isLock(entry)
      ? readLockModules(path, entry, state, reading)
      : writtenModule(kind, entry, entryFiles(path, reading));
    for (const one of taken) {
      const same = named.get(keyOf(one));
      if (same === undefined || (isWritten && !same.isWritten)) named.set(keyOf(one), { ...one, at, isWritten });
      else if (isWritten && same.isWritten)
        reading.error(path, phrase('expected.moduleOnce', { path: `modules.${id}[${same.at}]` }));
    }
  }
  for (const [key, { isWritten, at, module, version }] of named)
    if (!isWritten && state.foreign.has(module)) {
      named.delete(key);
      const { from } = entries[at] as FileLock;
      state.skipped.push({ file: from, module, version: version ?? '', because: 'foreign' });
    }
  const all = [...named.values()];
  if (all.length > limits.modules)
    reading.error(['modules', id], phrase('expected.mostModules', { count: limits.modules }), {
      seen: phrase('load.seenModules', { count: all.length }),
    });
  const lists = belonging(kind, all, own, isOwn);
  const found = lists.flat();
  const modules =
    found.length > 0 || own.length === 0 || mistakes() > before
      ? found
      : withoutModules(kind, own, entries, { all, skipped: state.skipped }, reading);
  const unused = all.filter((_, at) => lists[at]?.length === 0);
  warnOfUnused(id, unused, isOwn, reading);
  const pinned = pinnedOf(id, all, state.pinned);
  const at = Object.entries(pinned[id] ?? {}).map(([key, hash]) => [key, placeOf(hash, state.files.get(key))]);
  return { modules, skipped: state.skipped, pinned, pinnedAt: at.length === 0 ? {} : { [id]: Object.fromEntries(at) } };
}

/** Returns the URLs of the chain that clients use. A lock file that records no sources has its modules from there. */
function sourcesOf(kind: Ecosystem, { clients, client }: Configured): readonly string[] {
  const chain = clients[kind.id]?.reveal();
  const parsed =
    chain === undefined ? null : leadingClientOf(kind, client === undefined ? {} : { client }).parse(chain);
  return parsed?.tag === 'ok' ? parsed.value.members.flatMap(({ kind: of, plain }) => (of === 'url' ? plain : [])) : [];
}

function keyOf({ upstream = '', ...ref }: Named): string {
  return `${upstream}|${refTextOf(ref)}`;
}

function writtenModule(
  { names }: Ecosystem,
  entry: Exclude<FileModule, { from: string }>,
  files: EntryFiles,
): readonly Named[] {
  if (typeof entry !== 'string') return names.form === undefined ? [] : [names.form.read(entry, files)];
  const parsed = names.parse(entry);
  return parsed.tag === 'ok' ? [parsed.value] : [];
}

/**
 * Returns the modules to probe for an ecosystem whose entries give no module for its mirrors. If a lock file has no
 * usable module (as in a project without dependencies), this is the example module of the ecosystem. It is probed only
 * at mirrors of the public upstream. Any other lack of modules is reported as an error, also if all modules of the
 * project are private.
 */
function withoutModules(
  kind: Ecosystem,
  mirrors: readonly Mirror[],
  entries: readonly FileModule[],
  { all, skipped }: { readonly all: readonly Entry[]; readonly skipped: readonly SkippedLockEntry[] },
  reading: Reading,
): readonly ModuleRef[] {
  const { id, names, publicUpstream } = kind;
  const from = entries.findIndex(isLock);
  const example = names.example === null ? null : names.parse(names.example);
  const isPublic = mirrors.some(({ upstream }) => upstream === publicUpstream);
  const hasPrivate = skipped.some(({ because }) => because === 'private');
  if (from < 0 || all.length > 0 || hasPrivate || !isPublic || example?.tag !== 'ok' || names.example === null) {
    const needs = all.length === 0 ? [] : [['mirrors']];
    reading.error(['modules', id], phrase('expected.atLeastModule'), { needs });
    return [];
  }
  reading.warning(['modules', id, from, 'from'], phrase('expected.lockModule', { module: names.example }), {
    seen: phrase('load.seenModules', { count: 0 }),
  });
  return belonging(kind, [example.value], mirrors, () => false)
    .flat()
    .filter(({ upstream }) => upstream === publicUpstream);
}

/**
 * Returns the hashes of configured modules. The key of a hash is `module@version`, alone or followed by `/` and a
 * suffix.
 */
function pinnedOf(id: EcosystemId, all: readonly Named[], hashes: Readonly<Record<string, string>>): Modules['pinned'] {
  const refs = new Set(all.map(refTextOf));
  const isConfigured = (key: string): boolean =>
    refs.has(key) || [...key.matchAll(/\//g)].some(({ index }) => refs.has(key.slice(0, index)));
  const kept = Object.entries(hashes).filter(([key]) => isConfigured(key));
  return kept.length === 0 ? {} : { [id]: Object.fromEntries(kept) };
}

function belonging(
  { id, publicUpstream }: Ecosystem,
  named: readonly (Named & Partial<Pick<Entry, 'isWritten'>>)[],
  mirrors: readonly Mirror[],
  isOwn: (module: string) => boolean,
): readonly (readonly ModuleRef[])[] {
  const upstreams = [...new Set(mirrors.map(({ upstream }) => upstream))];
  const own = upstreams.filter((upstream) => upstream !== publicUpstream);
  const hasPrivate = named.some(({ module }) => isOwn(module));
  const open = hasPrivate ? upstreams.filter((upstream) => upstream === publicUpstream) : upstreams;
  const upstreamsOf = ({ module, upstream }: Named): readonly string[] => {
    if (upstream !== undefined) return upstreams.filter((one) => one === upstream);
    return isOwn(module) ? own : open;
  };
  return named.map((one) =>
    upstreamsOf(one).map((upstream) => ({
      ecosystem: id,
      upstream,
      ...partOf(one, 'module', 'version', 'expect'),
      ...(one.isWritten === false && { isOfLock: true as const }),
    })),
  );
}

function warnOfUnused(
  id: EcosystemId,
  unused: readonly Entry[],
  isOwn: (module: string) => boolean,
  reading: Reading,
): void {
  for (const { at, ...one } of unused)
    reading.warning(
      ['modules', id, at],
      phrase(isOwn(one.module) ? 'expected.privateUpstream' : 'expected.moduleBelongs'),
      { seen: JSON.stringify(maskName(refTextOf(one))), needs: [['mirrors']] },
    );
}

/** Checks the keyring files that an entry names. */
function entryFiles(path: Path, reading: Reading): EntryFiles {
  return {
    keyring(keys, name) {
      const at = [...path, ...keys];
      const text = reading.text(at, name);
      if (text === '' || text?.includes('-----BEGIN PGP') === true) reading.error(at, phrase('expected.keyring'));
      else if (text !== null && !gpgvPaths.some((one) => reading.kind(one) === 'file_or_below_file'))
        reading.warning(at, phrase('expected.gpgv'));
      return reading.resolve(name);
    },
  };
}
