import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { each, type Slices } from '../../core/slices.ts';
import { failureOf, phrase, wrongContent } from '../../words/tell.ts';
import { fieldsOf, memberIn, parseFields } from '../parse-json.ts';
import type { Answered } from '../talk.ts';
import { readHtmlPage } from './page-html.ts';
import {
  filesMax,
  type IndexFile,
  type ProjectPage,
  parseFileUrl,
  parseProvenanceUrl,
  sha256Of,
} from './project-page.ts';

/** The exact `Accept` header of pip. @see protocols.md 3.2 */
export const acceptAll =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01';

/** An `Accept` header for HTML only, as old clients send. */
export const acceptHtml = 'application/vnd.pypi.simple.v1+html, text/html; q=0.5';

const notAPage: ProbeFailure = wrongContent('answer.page');

/** `null`: another content type, which pip and uv refuse. */
export function formOf(headers: Answered['headers']): 'json' | 'html' | null {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/vnd.pypi.simple.v1+json') return 'json';
  return type === 'application/vnd.pypi.simple.v1+html' || type === 'text/html' ? 'html' : null;
}

/**
 * Parses a project page by its content type.
 * @returns wrong content for other types, and for HTML that is no project page; malformed if the page cannot be parsed
 *          or states an unknown API version
 * @see protocols.md 0.2, 3.2, 3.3
 */
export function* readPage({ headers, body, finalUrl }: Answered): Slices<Result<ProjectPage, ProbeFailure>> {
  const form = formOf(headers);
  if (form === null || (form === 'json' && isMarkup(body))) return error(notAPage);
  const base = baseOf(finalUrl);
  return yield* form === 'json' ? readJsonPage(body, base) : readHtmlPage(body, base);
}

/** The URL of the page without credentials: masked credentials may make it invalid. */
function baseOf(finalUrl: string): string {
  if (!URL.canParse(finalUrl)) return 'https://invalid/';
  const url = new URL(finalUrl);
  url.username = '';
  url.password = '';
  return url.href;
}

const expected = phrase('answer.pageJson');
const malformed: ProbeFailure = failureOf('malformed', expected);

/** Parses a project page in JSON; invalid entries of `files` are skipped. @see PEP 691, PEP 700 */
export function* readJsonPage(body: Uint8Array, base: string): Slices<Result<ProjectPage, ProbeFailure>> {
  const parsed = parseFields(utf8(body) ?? '', expected);
  if (parsed.tag === 'error') return error(failureOf('malformed', parsed.error));
  const page = parsed.value;
  const [meta, files] = [fieldsOf(memberIn(page, 'meta')), memberIn(page, 'files')];
  if (meta === null || !Array.isArray(files)) return error(malformed);
  const version = memberIn(meta, 'api-version');
  if (typeof version !== 'string' || !/^1\.\d+$/.test(version)) return error(malformed);
  const listed = memberIn(page, 'versions');
  const known: IndexFile[] = [];
  yield* each(files.slice(0, filesMax), (file) => {
    const read = readFile(file, base);
    if (read !== null) known.push(read);
  });
  return ok({
    files: known,
    versions: Array.isArray(listed) ? listed.slice(0, filesMax).filter((one) => typeof one === 'string') : null,
    serial: serialOf(memberIn(meta, '_last-serial')),
  });
}

function readFile(value: unknown, base: string): IndexFile | null {
  const file = fieldsOf(value);
  if (file === null) return null;
  const name = memberIn(file, 'filename');
  const href = memberIn(file, 'url');
  if (typeof name !== 'string' || typeof href !== 'string' || name.length > limits.moduleChars) return null;
  const url = parseFileUrl(href, base);
  if (url === null) return null;
  const yanked = memberIn(file, 'yanked');
  return {
    name,
    url: url.url,
    sha256: hashIn(memberIn(file, 'hashes')),
    isYanked: yanked === true || typeof yanked === 'string',
    metadata: announced(memberIn(file, 'core-metadata') ?? memberIn(file, 'dist-info-metadata')),
    provenance: parseProvenanceUrl(memberIn(file, 'provenance'), base),
  };
}

function hashIn(hashes: unknown): string | null {
  return sha256Of(memberIn(fieldsOf(hashes), 'sha256'));
}

function announced(value: unknown): IndexFile['metadata'] {
  if (value === true) return { sha256: null };
  return fieldsOf(value) === null ? null : { sha256: hashIn(value) };
}

/** The origin states a number, bandersnatch a text; `null`: no serial. */
function serialOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,20}$/.test(text) ? text : null;
}
