import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { parseToml } from '../../formats/toml.ts';
import { phrase } from '../../words/tell.ts';
import { tablesAt, textAt, textsAt } from '../chain-forms.ts';
import { count, type Lock, type LockFile } from '../locks.ts';
import { type Fields, fieldsOf } from '../parse-json.ts';
import { indexesOf } from './chain-forms.ts';
import { isForeignIndex, type PythonLocked, pythonLockOf } from './lock-source.ts';
import { normalNameOf } from './names.ts';
import { nameIn, sha256Of } from './project-page.ts';

/** Returns a file with its hash; empty: the file has no name, or no SHA-256. */
export function hashed(name: string, hash: unknown): PythonLocked['files'] {
  const sha256 = sha256Of(String(hash).replace(/^sha256:/, ''));
  return name === '' || sha256 === null ? [] : [{ name, sha256 }];
}

/** Reads a package of a uv.lock. @see https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile */
function ofUv(one: Fields): PythonLocked {
  const source = fieldsOf(one['source']);
  const registry = textAt(source, 'registry');
  const files = [...tablesAt(one, 'sdist'), ...tablesAt(one, 'wheels')];
  const extras = fieldsOf(one['optional-dependencies']) ?? {};
  return {
    name: textAt(one, 'name'),
    version: textAt(one, 'version'),
    source: /^https?:/i.test(registry) ? { kind: 'index', url: registry } : { kind: 'elsewhere' },
    needs: [...tablesAt(one, 'dependencies'), ...Object.keys(extras).flatMap((extra) => tablesAt(extras, extra))].map(
      (need) => textAt(need, 'name'),
    ),
    files: files.flatMap((file) => hashed(nameIn(textAt(file, 'url')), file['hash'])),
  };
}

/**
 * Reads a package of a poetry.lock. If it has no `source`, it comes from the public index.
 * @param files  the package's files, if the lock file has the files of all packages in one table
 * @see https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock
 */
function ofPoetry(one: Fields, files: unknown): PythonLocked {
  const source = fieldsOf(one['source']);
  const isIndex = source === null || textAt(source, 'type') === 'legacy';
  return {
    name: textAt(one, 'name'),
    version: textAt(one, 'version'),
    source: isIndex ? { kind: 'index', url: source === null ? null : textAt(source, 'url') } : { kind: 'elsewhere' },
    needs: Object.keys(fieldsOf(one['dependencies']) ?? {}),
    files: tablesAt({ files, ...one }, 'files').flatMap((file) => hashed(textAt(file, 'file'), file['hash'])),
  };
}

/**
 * Reads a package of a pdm.lock. The lock file names no index: only the pyproject.toml names a private index.
 * @see https://pdm-project.org/latest/usage/lockfile/
 */
function ofPdm(one: Fields, index: string | null): PythonLocked {
  const isElsewhere = ['git', 'hg', 'svn', 'path', 'url'].some((key) => one[key] !== undefined);
  return {
    name: textAt(one, 'name'),
    version: textAt(one, 'version'),
    source: isElsewhere ? { kind: 'elsewhere' } : { kind: 'index', url: index },
    needs: textsAt(one, 'dependencies').flatMap((need) => /^[A-Za-z0-9._-]+/.exec(need) ?? []),
    files: tablesAt(one, 'files').flatMap((file) =>
      hashed(textAt(file, 'file') || nameIn(textAt(file, 'url')), file['hash']),
    ),
  };
}

/** Matches the host of the public index's files. pip writes the URLs of files into a lock file, but no index. */
const publicFiles = /^https:\/\/files\.pythonhosted\.org\//;

/**
 * Reads a package of a PEP 751 file. The field `index` of a package is optional. If it is absent, the URLs of the files
 * show the source.
 * @see https://packaging.python.org/en/latest/specifications/pylock-toml/
 */
function ofPylock(one: Fields): PythonLocked {
  const files = [...tablesAt(one, 'sdist'), ...tablesAt(one, 'wheels')];
  const index = textAt(one, 'index');
  const urls = files.map((file) => textAt(file, 'url'));
  const unknown = urls.find((url) => !publicFiles.test(url));
  const isElsewhere = files.length === 0 || urls.some((url) => !/^https?:/i.test(url));
  return {
    name: textAt(one, 'name'),
    version: textAt(one, 'version'),
    source:
      index !== ''
        ? { kind: 'index', url: index }
        : isElsewhere
          ? { kind: 'elsewhere' }
          : { kind: 'index', url: unknown ?? null },
    needs: tablesAt(one, 'dependencies').map((need) => textAt(need, 'name')),
    files: files.flatMap((file) => {
      const sha256 = fieldsOf(file['hashes'])?.['sha256'];
      return hashed(textAt(file, 'name') || nameIn(textAt(file, 'url')), sha256);
    }),
  };
}

/**
 * Returns the first index that is neither the public index nor a mirror of it, among the indexes of clients and those in
 * the settings of pdm, uv and Poetry beside a lock file; `null`: there is none. A lock file that records no sources may
 * have its packages from there. Empty: a settings file is malformed, so its indexes are unknown.
 */
export function foreignIndexOf({ name, sources, mirrors, beside }: LockFile): string | null {
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  const [project, uv] = ['pyproject.toml', 'uv.toml'].map((file) => parseToml(beside(folder + file) ?? ''));
  if (project?.tag !== 'ok' || uv?.tag !== 'ok') return '';
  const urls = [...sources, ...[project.value, uv.value].flatMap(indexesOf).map(({ value }) => value)];
  return urls.find((url) => isForeignIndex(url, mirrors)) ?? null;
}

const clientOf = { uv: 'uv', poetry: 'Poetry', pdm: 'PDM', pylock: 'pip' } as const;

export function readTomlLock(kind: keyof typeof clientOf, file: LockFile): Result<Lock, Sentence> {
  const read = parseToml(file.text);
  const named = file.name.split('/').at(-1) ?? '';
  if (read.tag === 'error')
    return error(phrase('expected.lockWrites', { file: named, client: clientOf[kind], line: read.error }));
  if (!isTomlLock(kind, read.value)) return error(phrase('expected.lockPackage', { file: named }));
  // Poetry before 1.3 stored the hashes of all packages in one table.
  const kept = fieldsOf(fieldsOf(read.value['metadata'])?.['files']);
  const index = kind === 'pdm' ? foreignIndexOf(file) : null;
  const packages = tablesAt(read.value, kind === 'pylock' ? 'packages' : 'package').map((one) => {
    if (kind === 'uv') return ofUv(one);
    if (kind === 'pdm') return ofPdm(one, index);
    return kind === 'pylock' ? ofPylock(one) : ofPoetry(one, kept?.[textAt(one, 'name')]);
  });
  const needs = new Map<string, number>();
  for (const name of packages.flatMap((one) => [...new Set(one.needs.map(normalNameOf))])) count(needs, name);
  return ok({ ...pythonLockOf(packages, needs, file), malformed: [] });
}

/** True if the table is a lock file of this kind. The lock file of a project without dependencies has no packages. */
function isTomlLock(kind: keyof typeof clientOf, file: Fields): boolean {
  if (kind === 'pylock') return file['lock-version'] !== undefined;
  return file['package'] !== undefined || file[kind === 'uv' ? 'version' : 'metadata'] !== undefined;
}
