import { readPageUrl } from '../../core/url.ts';

/** One file that a project page lists. */
export interface IndexFile {
  readonly name: string;
  readonly url: string;
  /** The SHA-256 on the page, lower-case hex; `null`: none. */
  readonly sha256: string | null;
  readonly isYanked: boolean;
  /** The file's `.metadata` file; `null`: the page announces none. */
  readonly metadata: { readonly sha256: string | null } | null;
  /** The absolute URL of the file's attestations; `null`: the page announces none. @see PEP 740 */
  readonly provenance: string | null;
}

/** The content of a project page, in JSON or HTML. */
export interface ProjectPage {
  readonly files: readonly IndexFile[];
  /** From version 1.1 of the API on; `null`: the page has no list. */
  readonly versions: readonly string[] | null;
  /** The serial of the project's last change, as digits; `null`: not stated. */
  readonly serial: string | null;
}

/** The most files of one page that are read; the largest projects have some ten thousand. */
export const filesMax = 100_000;

interface FileUrl {
  readonly url: string;
  readonly fragment: string;
}

/** Resolves a file's URL against the URL of the page; `null` if the result is not http(s) or has credentials. */
export function parseFileUrl(text: string, base: string): FileUrl | null {
  const url = readPageUrl(text, base);
  if (url === null) return null;
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.hostname === '') return null;
  const fragment = url.hash.slice(1);
  url.hash = '';
  return { url: url.href, fragment };
}

/** The decoded last segment of a URL's path; empty if it cannot be decoded. */
export function nameIn(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1);
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  } catch {
    return '';
  }
}

/** As `IndexFile.provenance`; `null` also for an invalid URL. */
export function parseProvenanceUrl(value: unknown, base: string): string | null {
  return typeof value === 'string' && value !== '' ? (parseFileUrl(value, base)?.url ?? null) : null;
}

/** The URL of a file's core metadata, which is beside the file. @see PEP 658 */
export function metadataUrlOf(file: string): string {
  const url = new URL(file);
  url.pathname += '.metadata';
  return url.href;
}

/** A hexadecimal SHA-256 in lower case; `null` if the value is no SHA-256. */
export function sha256Of(text: unknown): string | null {
  return typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null;
}
