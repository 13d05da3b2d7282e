import { isMarkup, utf8, type WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Slices } from '../../core/slices.ts';
import type { Offers } from '../../core/transcript.ts';
import { failureOf, phrase, wrongContent } from '../../words/tell.ts';
import { type Wanted, walkJson } from '../json-walk.ts';
import { depthErrorOf, type Fields, fieldsOf, memberIn } from '../parse-json.ts';
import { type Responded, wholeOf } from '../talk.ts';
import { readHtmlPage } from './page-html.ts';
import {
  type IndexFile,
  type PageFile,
  type PageReader,
  type ProjectPage,
  parseFileUrl,
  parseProvenanceUrl,
  quarantined,
  sha256Of,
} from './project-page.ts';
import { type ClientRefusal, refusalOfEntry } from './refusals.ts';

/** The exact `Accept` header of pip. @see docs/protocols/pypi.md#content-types */
export const acceptAll =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01';

/** An `Accept` header for HTML only, as old clients send. */
export const acceptHtml = 'application/vnd.pypi.simple.v1+html, text/html; q=0.5';

const notAPage: ProbeFailure = wrongContent('answer.page');

/** Returns the format of a page by its content type; `null`: another type, which pip and uv refuse. */
export function formOf(headers: Responded['headers']): 'json' | 'html' | null {
  const type = typeOf(headers).toLowerCase();
  if (type === 'application/vnd.pypi.simple.v1+json') return 'json';
  return type === 'application/vnd.pypi.simple.v1+html' || type === 'text/html' ? 'html' : null;
}

function typeOf(headers: Responded['headers']): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
}

/**
 * Reads a project page by its content type, in one pass and in bounded memory.
 * @param reader  receives the files and versions, also of a page that turns out to be invalid
 * @returns the page's serial, or a failure. It is `wrong_content` for another content type, and for HTML that is no
 *          project page. It is `malformed` if the page cannot be parsed or states an unknown API version
 * @see docs/protocols/common.md#shapes-of-bodies, docs/protocols/pypi.md#content-types, docs/protocols/pypi.md#formats
 */
export function* readPage(response: Responded, reader: PageReader): Slices<Result<ProjectPage, ProbeFailure>> {
  const form = formOf(response.headers);
  if (form === null || (form === 'json' && isMarkup(response.body))) return error(notAPage);
  const base = baseOf(response.finalUrl);
  const page = yield* (form === 'json' ? readJsonPage : readHtmlPage)(wholeOf(response), base, reader);
  const hasCapitals = typeOf(response.headers) !== typeOf(response.headers).toLowerCase();
  return page.tag === 'ok' && hasCapitals
    ? ok({ ...page.value, refused: { client: 'uv', what: 'Content-Type' } })
    : page;
}

/**
 * Returns the URL of the page without credentials. In `finalUrl` the credentials are masked, so the URL may be invalid.
 * Then the result is a URL that cannot be requested.
 */
function baseOf(finalUrl: string): string {
  if (!URL.canParse(finalUrl)) return 'https://invalid/';
  const url = new URL(finalUrl);
  url.username = '';
  url.password = '';
  return url.href;
}

const expected = phrase('answer.pageJson');
const malformed: ProbeFailure = failureOf('malformed', expected);

/** Reads a project page in JSON, and skips invalid entries of `files`. @see PEP 691, PEP 700 */
export function* readJsonPage(
  body: WholeBody,
  base: string,
  reader: PageReader,
): Slices<Result<ProjectPage, ProbeFailure>> {
  let meta: unknown;
  let hasFiles: boolean | null = null;
  let isBroken = false;
  // pip skips a byte order mark.
  const from = utf8(body.read(0, 3)) === '\ufeff' ? 3 : 0;
  const has = new Set<string>();
  const status = { isStated: false, value: undefined as unknown };
  let refused: ClientRefusal | null = from === 0 ? null : { client: 'uv', what: 'U+FEFF' };
  const files = {
    begins(kind: string) {
      if (hasFiles !== null) reader.restart();
      has.clear();
      hasFiles = kind === 'list';
    },
    entry: {
      value(entry: unknown) {
        const texts = ['requires-python', 'upload-time'].map((key) => memberIn(fieldsOf(entry), key));
        const hashes = memberIn(fieldsOf(entry), 'hashes') ?? {};
        isBroken ||= fieldsOf(entry) === null || fieldsOf(hashes) === null;
        isBroken ||= texts.some((one) => one != null && typeof one !== 'string');
        refused ??= refusalOfEntry(fieldsOf(entry));
        addShown(fieldsOf(entry), has);
        const file = fileOf(entry, base);
        if (file !== null) reader.file(file);
      },
    },
  };
  const versions = { entry: { value: (one: unknown) => void (typeof one === 'string' && reader.version?.(one)) } };
  const parts: Readonly<Record<string, Wanted>> = {
    files,
    versions,
    'project-status': {
      begins: () => {
        status.isStated = true;
      },
      member: (key) =>
        key !== 'status'
          ? null
          : {
              value: (one) => {
                status.value = one;
              },
            },
    },
    meta: {
      value: (one) => {
        meta = one;
      },
    },
  };
  const root: Wanted = { member: (key) => (Object.hasOwn(parts, key) ? (parts[key] ?? null) : null) };
  const flaw = yield* walkJson(body, root, from);
  if (flaw !== null) return error(flaw === 'deep' ? failureOf('malformed', depthErrorOf(expected)) : malformed);
  const fields = fieldsOf(meta);
  const version = memberIn(fields, 'api-version');
  // Clients read no version. But files of another major version may have another meaning.
  const isOther = typeof version === 'string' && !/^1\.\d+$/.test(version);
  if (hasFiles !== true || isOther || isBroken) return error(malformed);
  return ok({
    refused,
    serial: serialOf(memberIn(fields, '_last-serial')),
    offers: offersOf(has, status.isStated),
    isQuarantined: status.value === quarantined,
  });
}

/** @param has  keys that occur in entries of `files`; `undated`: an entry has no time, `dated`: one has a time */
function offersOf(has: ReadonlySet<string>, hasStatus: boolean): Offers {
  return {
    json_index: true,
    core_metadata: has.has('core-metadata') || has.has('dist-info-metadata') || null,
    provenance: has.has('provenance') || null,
    yanked: has.has('yanked') || null,
    // pip refuses a page on which one file has no time.
    upload_time: has.has('undated') ? false : has.has('dated') || null,
    status: hasStatus || null,
  };
}

/** The keys of an entry of `files` that show what the page has, unless their value is `false`. */
const shownKeys = ['core-metadata', 'dist-info-metadata', 'provenance', 'yanked'];

/** Adds what an entry of `files` shows to `has`: some of `shownKeys`, and whether the file has an upload time. */
function addShown(entry: Fields | null, has: Set<string>): void {
  for (const key of shownKeys) if ((memberIn(entry, key) ?? false) !== false) has.add(key);
  has.add(memberIn(entry, 'upload-time') == null ? 'undated' : 'dated');
}

function fileOf(value: unknown, base: string): PageFile | null {
  const file = fieldsOf(value);
  const name = memberIn(file, 'filename');
  const href = memberIn(file, 'url');
  if (typeof name !== 'string' || typeof href !== 'string' || name.length > limits.moduleChars) return null;
  const yanked = memberIn(file, 'yanked');
  const isYanked = yanked === true || typeof yanked === 'string';
  return { name, isYanked, read: () => readFile(file, { name, href, isYanked, base }) };
}

function readFile(
  file: Fields | null,
  { name, href, isYanked, base }: { name: string; href: string; isYanked: boolean; base: string },
): IndexFile | null {
  const url = parseFileUrl(href, base);
  if (url === null) return null;
  return {
    name,
    url: url.url,
    sha256: hashIn(memberIn(file, 'hashes')),
    isYanked,
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

/**
 * Reads the serial of a page. The public index sends a number, the mirror software bandersnatch a text; `null`: no
 * serial.
 */
function serialOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,20}$/.test(text) ? text : null;
}
