import { utf8 } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { each, type Slices } from '../../core/slices.ts';
import { failureOf } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { parseJson } from '../parse-json.ts';
import { fileUrl, provenanceUrl, sha256Of } from './file-url.ts';
import { filesMax, type IndexFile, type ProjectPage } from './project-page.ts';

const expected = phrase('answer.pageJson');
const malformed: ProbeFailure = failureOf('malformed', expected);

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** A key's own value: what an object inherits is never data. */
function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** Reads a project page as JSON; entries of `files` that are none are left out. @see PEP 691, PEP 700 */
export function* readJsonPage(body: Uint8Array, base: string): Slices<Result<ProjectPage, ProbeFailure>> {
  const parsed = parseJson(utf8(body) ?? '', expected);
  if (parsed.tag === 'error') return error(failureOf('malformed', parsed.error));
  const page = fieldsOf(parsed.value);
  const meta = page === null ? null : fieldsOf(own(page, 'meta'));
  const files = page === null ? null : own(page, 'files');
  if (page === null || meta === null || !Array.isArray(files)) return error(malformed);
  const version = own(meta, 'api-version');
  if (typeof version !== 'string' || !/^1\.\d+$/.test(version)) return error(malformed);
  const listed = own(page, 'versions');
  const known: IndexFile[] = [];
  yield* each(files.slice(0, filesMax), (file) => {
    const read = readFile(file, base);
    if (read !== null) known.push(read);
  });
  return ok({
    files: known,
    versions: Array.isArray(listed) ? listed.slice(0, filesMax).filter((one) => typeof one === 'string') : null,
    serial: serialOf(own(meta, '_last-serial')),
  });
}

function readFile(value: unknown, base: string): IndexFile | null {
  const file = fieldsOf(value);
  if (file === null) return null;
  const name = own(file, 'filename');
  const href = own(file, 'url');
  if (typeof name !== 'string' || typeof href !== 'string' || name.length > limits.moduleChars) return null;
  const url = fileUrl(href, base);
  if (url === null) return null;
  const yanked = own(file, 'yanked');
  return {
    name,
    url: url.url,
    sha256: hashIn(own(file, 'hashes')),
    isYanked: yanked === true || typeof yanked === 'string',
    metadata: announced(own(file, 'core-metadata') ?? own(file, 'dist-info-metadata')),
    provenance: provenanceUrl(own(file, 'provenance'), base),
  };
}

function hashIn(hashes: unknown): string | null {
  const fields = fieldsOf(hashes);
  return fields === null ? null : sha256Of(own(fields, 'sha256'));
}

function announced(value: unknown): IndexFile['metadata'] {
  if (value === true) return { sha256: null };
  return fieldsOf(value) === null ? null : { sha256: hashIn(value) };
}

/** An integer at the origin, a text in what bandersnatch writes. */
function serialOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,20}$/.test(text) ? text : null;
}
