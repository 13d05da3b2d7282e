import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { textAt, textsAt } from '../chain-forms.ts';
import type { Lock, LockFile } from '../locks.ts';
import { fieldsOf, memberIn, parseFields } from '../parse-json.ts';
import { isForeignIndex, type LockSource, type PythonLocked, pythonLockOf } from './lock-source.ts';
import { hashed } from './toml-locks.ts';

/** The keys of a package that does not come from an index. */
const elsewhereKeys = ['git', 'hg', 'svn', 'bzr', 'path', 'file', 'editable'] as const;

/**
 * Parses a Pipfile.lock. The file lists the hashes of a release, not of each file. So a downloaded file may have any of
 * these hashes. A package without `index` may come from any of the indexes.
 * @see https://pipenv.pypa.io/en/latest/pipfile.html
 */
export function readPipfileLock(file: LockFile): Result<Lock, Sentence> {
  const parsed = parseFields(file.text, phrase('expected.pipfileLock'));
  if (parsed.tag === 'error') return parsed;
  const meta = fieldsOf(memberIn(parsed.value, '_meta'));
  if (meta === null) return error(phrase('expected.pipfileLock'));
  const named = memberIn(meta, 'sources');
  const indexes = new Map(
    (Array.isArray(named) ? named : []).map((one) => [textAt(fieldsOf(one), 'name'), textAt(fieldsOf(one), 'url')]),
  );
  const foreign = [...indexes.values()].find((url) => isForeignIndex(url, file.mirrors)) ?? null;
  // The sections are `default`, `develop`, and the categories that a Pipfile names.
  const sections = Object.entries(parsed.value).filter(([key]) => key !== '_meta');
  const packages = sections.flatMap(([, section]) =>
    Object.entries(fieldsOf(section) ?? {}).map(([name, value]): PythonLocked => {
      const fields = fieldsOf(value);
      const index = textAt(fields, 'index');
      const source: LockSource = elsewhereKeys.some((key) => memberIn(fields, key) !== undefined)
        ? { kind: 'elsewhere' }
        : { kind: 'index', url: index === '' ? foreign : (indexes.get(index) ?? '') };
      const files = textsAt(fields, 'hashes').flatMap((hash) =>
        hashed('*', hash).map(({ sha256 }) => ({ name: `sha256:${sha256}`, sha256 })),
      );
      return { name, version: textAt(fields, 'version').replace(/^={2,3}/, ''), source, needs: [], files };
    }),
  );
  return ok({ ...pythonLockOf(packages, new Map(), file), malformed: [] });
}
