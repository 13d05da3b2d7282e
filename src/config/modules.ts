import { gpgvPaths } from '../core/gpgv.ts';
import { limits } from '../core/limits.ts';
import { maskName } from '../core/mask-text.ts';
import { type EcosystemId, type Mirror, type ModuleRef, refTextOf } from '../core/mirror.ts';
import type { Ecosystem } from '../ecosystems/ecosystem.ts';
import type { SkippedLockEntry } from '../ecosystems/locks.ts';
import { type EntryFiles, isPrivate, type Named } from '../ecosystems/names.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import type { Path } from './issues.ts';
import { type LockState, type ReaderOf, readLockModules } from './lock.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { type FileModule, isLock } from './schema-ecosystems.ts';

type Entry = Named & { readonly at: number; readonly written: boolean };

/** The modules of a file, and the facts from its lock files. */
export interface Modules {
  readonly modules: readonly ModuleRef[];
  readonly skipped: readonly SkippedLockEntry[];
  /** Hashes from lock files of the modules above, by ecosystem, keyed as that ecosystem does. */
  readonly pinned: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>>;
}

/** What modules are read with. */
export interface ModulesInput {
  readonly file: FileConfig;
  readonly mirrors: readonly Mirror[];
  readonly registry: Registry;
  readonly readerOf: ReaderOf;
  readonly reader: Reader;
  readonly report: Report;
}

/**
 * Reads `modules` with its lock files, and assigns each module to upstreams. A module that names its upstream belongs to
 * that one. A module that matches a pattern of `private` belongs to all upstreams except the public one. Any other module
 * belongs to the public upstream; if no module is private, to all upstreams, because a mirror needs something to probe.
 */
export function readModules(input: ModulesInput): Modules {
  const found = input.registry.all.map((kind) => readKind(kind, input));
  return {
    modules: found.flatMap(({ modules }) => modules),
    skipped: found.flatMap(({ skipped }) => skipped),
    pinned: Object.assign({}, ...found.map(({ pinned }) => pinned)),
  };
}

function readKind(kind: Ecosystem, { file, mirrors, readerOf, reader, report }: ModulesInput): Modules {
  const { id, names } = kind;
  const entries = file.modules[id] ?? [];
  const own = mirrors.filter(({ ecosystem }) => ecosystem === id);
  const isOwn = (module: string): boolean => isPrivate(names, file.private[id] ?? [], module);
  const state: LockState = { kind, mirrors: own, isPrivate: isOwn, skipped: [], pinned: {}, told: new Set() };
  const mistakes = (): number => report.issues.filter(({ severity }) => severity === 'error').length;
  const before = mistakes();
  const named = new Map<string, Entry>();
  for (const [at, entry] of entries.entries()) {
    const path = ['modules', id, at];
    const written = !isLock(entry);
    const found = written
      ? writtenModule(kind, entry, entryFiles(path, reader, report))
      : readLockModules(path, entry, state, { readerOf, reader, report });
    for (const one of found) {
      const same = named.get(keyOf(one));
      if (same === undefined) named.set(keyOf(one), { ...one, at, written });
      else if (written && same.written)
        report.error(path, phrase('expected.moduleOnce', { path: `modules.${id}[${same.at}]` }));
    }
  }
  const all = [...named.values()];
  if (all.length > limits.modules)
    report.error(['modules', id], phrase('expected.mostModules', { count: limits.modules }), {
      seen: phrase('load.seenModules', { count: all.length }),
    });
  const modules = belonging(kind, all, own, isOwn);
  if (modules.length === 0 && own.length > 0 && mistakes() === before) {
    const needs = all.length === 0 ? [] : [['mirrors']];
    report.error(['modules', id], phrase('expected.atLeastModule'), { needs });
  }
  warnOfUnused(id, all, modules, isOwn, report);
  return { modules, skipped: state.skipped, pinned: pinnedOf(id, all, state.pinned) };
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

/** The hashes of configured modules: their key is the module at its version, or a part of it after a slash. */
function pinnedOf(id: EcosystemId, all: readonly Named[], hashes: Readonly<Record<string, string>>): Modules['pinned'] {
  const refs = new Set(all.map(refTextOf));
  const isAsked = (key: string): boolean =>
    refs.has(key) || [...key.matchAll(/\//g)].some(({ index }) => refs.has(key.slice(0, index)));
  const kept = Object.entries(hashes).filter(([key]) => isAsked(key));
  return kept.length === 0 ? {} : { [id]: Object.fromEntries(kept) };
}

function belonging(
  { id, publicUpstream }: Ecosystem,
  named: readonly Named[],
  mirrors: readonly Mirror[],
  isOwn: (module: string) => boolean,
): readonly ModuleRef[] {
  const upstreams = [...new Set(mirrors.map(({ upstream }) => upstream))];
  const own = upstreams.filter((upstream) => upstream !== publicUpstream);
  const hasPrivate = named.some(({ module }) => isOwn(module));
  const open = hasPrivate ? upstreams.filter((upstream) => upstream === publicUpstream) : upstreams;
  const upstreamsOf = ({ module, upstream }: Named): readonly string[] => {
    if (upstream !== undefined) return upstreams.filter((one) => one === upstream);
    return isOwn(module) ? own : open;
  };
  return named.flatMap((one) =>
    upstreamsOf(one).map((upstream) => ({
      ecosystem: id,
      upstream,
      module: one.module,
      version: one.version,
      ...(one.expect === undefined ? {} : { expect: one.expect }),
    })),
  );
}

function warnOfUnused(
  id: EcosystemId,
  named: readonly Entry[],
  modules: readonly ModuleRef[],
  isOwn: (module: string) => boolean,
  report: Report,
): void {
  const used = new Set(modules.map(refTextOf));
  for (const { at, ...one } of named) {
    if (used.has(refTextOf(one))) continue;
    const path: Path = ['modules', id, at];
    const seen = JSON.stringify(maskName(refTextOf(one)));
    if (isOwn(one.module))
      report.warning(path, phrase('expected.privateUpstream'), {
        seen,
        needs: [['mirrors']],
      });
    else report.warning(path, phrase('expected.moduleBelongs'), { seen, needs: [['mirrors']] });
  }
}

/** The files that one entry of `modules` names. What reads them reads them when it verifies: they are bytes, not texts. */
function entryFiles(path: Path, reader: Reader, report: Report): EntryFiles {
  return {
    keyring(keys, name) {
      const at = [...path, ...keys];
      const text = reader.text(at, name);
      if (text === '' || text?.includes('-----BEGIN PGP') === true) report.error(at, phrase('expected.keyring'));
      else if (text !== null && !gpgvPaths.some((one) => reader.kind(one) === 'file_or_below_file'))
        report.warning(at, phrase('expected.gpgv'));
      return reader.resolve(name);
    },
  };
}
