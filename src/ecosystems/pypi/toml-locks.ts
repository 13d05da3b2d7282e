import { parse, TomlError, type TomlTable, type TomlValue } from 'smol-toml';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { count, type Lock, type LockFile, sortByNeed } from '../locks.ts';
import { entryOf, type LockSource } from './lock-source.ts';
import { normalNameOf } from './names.ts';
import { nameIn, sha256Of } from './project-page.ts';

const depthMax = 50;

/**
 * Parses TOML. An integer that a number cannot hold exactly is an error.
 * @returns the table; the error is the number of the invalid line, from 1
 */
export function parseToml(text: string): Result<TomlTable, number> {
  try {
    return ok(parse(text, { maxDepth: depthMax }));
  } catch (thrown) {
    if (thrown instanceof TomlError) return error(thrown.line);
    throw thrown;
  }
}

/** `needs`: the names of the packages that it requires. */
interface Locked {
  readonly name: string;
  readonly version: string;
  readonly source: LockSource;
  readonly needs: readonly string[];
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

function tableOf(value: TomlValue | undefined): TomlTable | null {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) ? value : null;
}

function tablesOf(value: TomlValue | undefined): readonly TomlTable[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: TomlValue) => {
    const table = tableOf(one);
    return table === null ? [] : [table];
  });
}

function textOf(value: TomlValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function hashed(name: string, hash: TomlValue | undefined): Locked['files'] {
  const sha256 = sha256Of(textOf(hash).replace(/^sha256:/, ''));
  return name === '' || sha256 === null ? [] : [{ name, sha256 }];
}

/** @see https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile */
function ofUv(one: TomlTable): Locked {
  const source = tableOf(one['source']);
  const registry = textOf(source?.['registry']);
  const files = [tableOf(one['sdist']), ...tablesOf(one['wheels'])];
  const extras = Object.values(tableOf(one['optional-dependencies']) ?? {});
  return {
    name: textOf(one['name']),
    version: textOf(one['version']),
    source: /^https?:/i.test(registry) ? { kind: 'index', url: registry } : { kind: 'elsewhere' },
    needs: [one['dependencies'], ...extras].flatMap((list) => tablesOf(list).map(({ name }) => textOf(name))),
    files: files.flatMap((file) => (file === null ? [] : hashed(nameIn(textOf(file['url'])), file['hash']))),
  };
}

/**
 * Without a `source` a package of a poetry.lock comes from the public index.
 * @param files  the package's files, if the lock file has those of all packages in one place
 * @see https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock
 */
function ofPoetry(one: TomlTable, files: TomlValue | undefined): Locked {
  const source = tableOf(one['source']);
  const isIndex = source === null || textOf(source['type']) === 'legacy';
  return {
    name: textOf(one['name']),
    version: textOf(one['version']),
    source: isIndex ? { kind: 'index', url: source === null ? null : textOf(source['url']) } : { kind: 'elsewhere' },
    needs: Object.keys(tableOf(one['dependencies']) ?? {}),
    files: tablesOf(one['files'] ?? files).flatMap((file) => hashed(textOf(file['file']), file['hash'])),
  };
}

export function readTomlLock(kind: 'uv' | 'poetry', file: LockFile): Result<Lock, Sentence> {
  const read = parseToml(file.text);
  if (read.tag === 'error') return error(phrase('expected.lockWrites', { kind, client: kind, line: read.error }));
  // Poetry before 1.3 stored the hashes of all packages in one place.
  const kept = tableOf(tableOf(read.value['metadata'])?.['files']);
  const packages = tablesOf(read.value['package']).map((one) =>
    kind === 'uv' ? ofUv(one) : ofPoetry(one, kept?.[textOf(one['name'])]),
  );
  if (packages.length === 0) return error(phrase('expected.lockPackage', { kind }));
  const needs = new Map<string, number>();
  for (const name of packages.flatMap((one) => [...new Set(one.needs.map(normalNameOf))])) count(needs, name);
  const pinned: Record<string, string> = Object.create(null) as Record<string, string>;
  const entries = packages.map(({ name, version, source, files }) => {
    const entry = entryOf(name, version, source, file);
    if (entry.because === null)
      for (const one of files) pinned[`${entry.module}@${version}/${one.name}`] = `sha256:${one.sha256}`;
    return entry;
  });
  return ok({
    entries: sortByNeed(entries, needs),
    pinned: { ...pinned },
    malformed: null,
  });
}
