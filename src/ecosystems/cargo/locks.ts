import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { parseToml } from '../../formats/toml.ts';
import { phrase } from '../../words/tell.ts';
import { tablesAt, textAt, textsAt } from '../chain-forms.ts';
import { count, type Lock, type LockFile, type SkipReason, sortByNeed } from '../locks.ts';
import type { Fields } from '../parse-json.ts';
import { publicCrates } from './context.ts';
import { isCrateName, isCrateVersion } from './names.ts';

/** The source that a Cargo.lock records for the public registry, whichever mirror replaces it. */
const publicSource = 'registry+https://github.com/rust-lang/crates.io-index';

/**
 * Returns the index that an entry of a Cargo.lock records. `null`: the public one. `undefined`: the crate comes from no
 * registry, but from the project, a folder or a Git repository.
 */
function lockedIndexOf(one: Fields): string | null | undefined {
  const source = textAt(one, 'source');
  if (source === publicSource) return null;
  return /^(?:registry|sparse)\+/.test(source) ? source.replace(/^\w+\+/, '') : undefined;
}

function skipReason(one: Fields, { isPrivate, mirrors }: LockFile): SkipReason | null {
  const [name, index] = [textAt(one, 'name'), lockedIndexOf(one)];
  if (isPrivate(name)) return 'private';
  if (index === undefined) return 'replaced';
  const isMirror = ({ url, upstream }: LockFile['mirrors'][number]) =>
    upstream === publicCrates && `${url.replace(/(?<!\/)\/+$/, '')}/` === index;
  const isKnown = index === null || mirrors.some(isMirror);
  if (!isKnown) return 'foreign';
  return isCrateName(name) && isCrateVersion(textAt(one, 'version')) ? null : 'malformed';
}

/**
 * Reads a Cargo.lock of any version. Since version 2, each entry has its checksum. Direct requirements are those of
 * packages without a source.
 * @see https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html
 */
export function readCargoLock(file: LockFile): Result<Lock, Sentence> {
  const named = 'Cargo.lock';
  const read = parseToml(file.text);
  if (read.tag === 'error')
    return error(phrase('expected.lockWrites', { file: named, client: 'cargo', line: read.error }));
  const packages = tablesAt(read.value, 'package');
  if (packages.length === 0) return error(phrase('expected.lockPackage', { file: named }));
  const needs = new Map<string, number>();
  const direct = new Set<string>();
  const pinned: Record<string, string> = {};
  const entries = packages.map((one) => {
    const [module, version] = [textAt(one, 'name'), textAt(one, 'version')];
    const isOwn = textAt(one, 'source') === '';
    // `name`, or `name version` and the source if several versions or sources have this name.
    for (const need of new Set(textsAt(one, 'dependencies').map((text) => text.split(' ', 1)[0] ?? ''))) {
      count(needs, need);
      if (isOwn) direct.add(need);
    }
    const because = skipReason(one, file);
    const sum = textAt(one, 'checksum');
    if (because === null && /^[0-9a-f]{64}$/.test(sum)) pinned[`${module}@${version}`] = sum;
    return { module, version, because };
  });
  return ok({ entries: sortByNeed(entries, needs, direct), pinned, malformed: [] });
}
