import { matchesGoPatterns } from '../core/go-patterns.ts';
import { limits } from '../core/limits.ts';
import { type Mirror, publicUpstream } from '../core/mirror.ts';
import type { ModuleRef } from '../core/target.ts';
import { parseGoModule } from './go-module.ts';
import type { Path } from './issues.ts';
import {
  type GoSum,
  lockEntries,
  malformedLines,
  parseGoMod,
  parseGoSum,
  type SkippedLockEntry,
  skipReason,
} from './lock-file.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig } from './schema.ts';

type Named = { readonly module: string; readonly version: string };

/** The modules of a file, and what was learnt from its lock files. */
export interface Modules {
  readonly modules: readonly ModuleRef[];
  readonly skipped: readonly SkippedLockEntry[];
  /** Hashes from go.sum files of the modules above, by `module@version` and `module@version/go.mod`. */
  readonly pinned: Readonly<Record<string, string>>;
}

/**
 * Reads `modules.go` with its lock files. A module that `private.go` matches belongs to the upstreams named by mirrors
 * other than the public one, and nowhere else; any other belongs to the public upstream, and to a named upstream that
 * no private module belongs to (a mirror needs something to be asked for).
 */
export function readModules(file: FileConfig, mirrors: readonly Mirror[], reader: Reader, report: Report): Modules {
  const isPrivate = (module: string): boolean => matchesGoPatterns(file.private.go, module);
  const skipped: SkippedLockEntry[] = [];
  const sums: GoSum[] = [];
  const told = new Set<string>();
  const mistakes = (): number => report.issues.filter(({ severity }) => severity === 'error').length;
  const before = mistakes();
  const named = new Map<string, Named & { readonly at: number; readonly written: boolean }>();
  for (const [at, entry] of file.modules.go.entries()) {
    const path = ['modules', 'go', at];
    const written = typeof entry === 'string';
    const found = written
      ? writtenModule(entry)
      : fromLock(path, entry, { isPrivate, skipped, sums, told }, reader, report);
    for (const { module, version } of found) {
      const id = `${module}@${version}`;
      const same = named.get(id);
      if (same === undefined) named.set(id, { module, version, at, written });
      else if (written && same.written) report.error(path, `a module once (modules.go[${same.at}] is the same)`);
    }
  }
  if (named.size > limits.modules)
    report.error(['modules', 'go'], `at most ${limits.modules} modules`, { seen: `${named.size} modules` });
  const modules = belonging([...named.values()], mirrors, isPrivate);
  if (modules.length === 0 && mistakes() === before) {
    const needs = named.size === 0 ? [] : [['mirrors']];
    report.error(['modules', 'go'], 'at least one module that a mirror can be asked for', { needs });
  }
  warnOfUnused([...named.values()], modules, isPrivate, report);
  const ids = new Set([...named.keys()].flatMap((id) => [id, `${id}/go.mod`]));
  const pins = sums.flatMap((sum) => Object.entries(sum.hashes)).filter(([id]) => ids.has(id));
  return { modules, skipped, pinned: Object.fromEntries(pins) };
}

function writtenModule(text: string): readonly Named[] {
  const parsed = parseGoModule(text);
  return parsed.tag === 'ok' ? [parsed.value] : [];
}

interface LockState {
  readonly isPrivate: (module: string) => boolean;
  readonly skipped: SkippedLockEntry[];
  readonly sums: GoSum[];
  /** The go.sum files whose malformed lines were told, by absolute path: two entries may read one. */
  readonly told: Set<string>;
}

function fromLock(
  path: Path,
  entry: { readonly from: string; readonly top: number },
  state: LockState,
  reader: Reader,
  report: Report,
): readonly Named[] {
  const kind = entry.from.endsWith('.sum') ? 'sum' : entry.from.endsWith('.mod') ? 'mod' : null;
  if (kind === null) {
    report.error([...path, 'from'], 'the path of a go.sum or go.mod');
    return [];
  }
  const text = reader.text([...path, 'from'], entry.from);
  if (text === null) return [];
  const partner = entry.from.replace(/\.(sum|mod)$/, kind === 'sum' ? '.mod' : '.sum');
  const beside = reader.maybe(partner) ?? '';
  const sum = parseGoSum(kind === 'sum' ? text : beside);
  const mod = parseGoMod(kind === 'mod' ? text : beside);
  if ((kind === 'sum' ? sum : mod) === null) {
    report.error([...path, 'from'], kind === 'sum' ? 'a go.sum with at least one hash' : 'a go.mod with a module line');
    return [];
  }
  const [sumText, sumFile] = kind === 'sum' ? [text, entry.from] : [beside, partner];
  tellMalformed(path, sumText, sumFile, state, reader, report);
  if (sum !== null) state.sums.push(sum);
  const taken: Named[] = [];
  for (const found of lockEntries(kind, sum, mod)) {
    if (taken.length === entry.top) break;
    const because = skipReason(found, mod, state.isPrivate);
    if (because === null) taken.push({ module: found.module, version: found.version });
    else state.skipped.push({ file: entry.from, module: found.module, version: found.version, because });
  }
  return taken;
}

/** A line that cannot be read may be the hash that an answer should be verified by: it is told, not just left out. */
function tellMalformed(
  path: Path,
  text: string,
  file: string,
  { skipped, told }: LockState,
  reader: Reader,
  report: Report,
): void {
  const absolute = reader.resolve(file);
  const { count, first } = malformedLines(text);
  if (count === 0 || told.has(absolute)) return;
  told.add(absolute);
  for (const { line, module, version } of first)
    skipped.push({ file: `${file}:${line}`, module, version, because: 'malformed' });
  const more = count > first.length ? ` and ${count - first.length} more` : '';
  const places = first.map(({ line }) => line).join(', ');
  const name = JSON.stringify(file);
  report.warning(
    [...path, 'from'],
    `module, version and h1: hash on every line of ${name}: left out are ${places}${more}`,
    {
      seen: `${count} malformed ${count === 1 ? 'line' : 'lines'}`,
    },
  );
}

function belonging(
  named: readonly Named[],
  mirrors: readonly Mirror[],
  isPrivate: (module: string) => boolean,
): readonly ModuleRef[] {
  const upstreams = [...new Set(mirrors.map(({ upstream }) => upstream))];
  const own = upstreams.filter((upstream) => upstream !== publicUpstream.go);
  const hasPrivate = named.some(({ module }) => isPrivate(module));
  const open = hasPrivate ? upstreams.filter((upstream) => upstream === publicUpstream.go) : upstreams;
  return named.flatMap(({ module, version }) =>
    (isPrivate(module) ? own : open).map((upstream) => ({ ecosystem: 'go' as const, upstream, module, version })),
  );
}

function warnOfUnused(
  named: readonly (Named & { readonly at: number })[],
  modules: readonly ModuleRef[],
  isPrivate: (module: string) => boolean,
  report: Report,
): void {
  const used = new Set(modules.map(({ module, version }) => `${module}@${version}`));
  for (const { module, version, at } of named) {
    if (used.has(`${module}@${version}`)) continue;
    const path = ['modules', 'go', at];
    const seen = JSON.stringify(`${module}@${version}`);
    if (isPrivate(module))
      report.warning(path, 'a mirror with a named upstream for this private module: it is asked of no public one', {
        seen,
        needs: [['mirrors']],
      });
    else report.warning(path, 'a mirror that this module belongs to: it is not used', { seen, needs: [['mirrors']] });
  }
}
