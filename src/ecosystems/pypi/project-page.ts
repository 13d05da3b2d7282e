import { readPageUrl } from '../../core/url.ts';

export interface IndexFile {
  readonly name: string;
  readonly url: string;
  /** The SHA-256 on the page, lower-case hex; `null`: none. */
  readonly sha256: string | null;
  readonly isYanked: boolean;
  /** The file's `.metadata` file; `null`: the page announces none. */
  readonly metadata: { readonly sha256: string | null } | null;
  /** The absolute URL of the file's attestations; `null`: none, or an invalid URL. @see PEP 740 */
  readonly provenance: string | null;
}

export interface ProjectPage {
  readonly files: readonly IndexFile[];
  /** `null`: the page has no list of versions. */
  readonly versions: readonly string[] | null;
  /** The serial of the project's last change, in digits; `null`: not stated. */
  readonly serial: string | null;
}

/** The most files of one page that are read. */
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

/** The absolute URL of a file's attestations; `null`: none, or an invalid URL. */
export function parseProvenanceUrl(value: unknown, base: string): string | null {
  return typeof value === 'string' && value !== '' ? (parseFileUrl(value, base)?.url ?? null) : null;
}

/** The URL of a file's core metadata. @see PEP 658 */
export function metadataUrlOf(file: string): string {
  const url = new URL(file);
  url.pathname += '.metadata';
  return url.href;
}

/** A SHA-256 in lower-case hex; `null` if the value is no SHA-256 in hex. */
export function sha256Of(text: unknown): string | null {
  return typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null;
}
