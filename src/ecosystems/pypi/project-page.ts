import { getOrElse } from '../../core/get-or-else.ts';
import type { Offers } from '../../core/transcript.ts';
import { readPageUrl } from '../../core/url.ts';
import type { ClientRefusal } from './refusals.ts';

export interface IndexFile {
  readonly name: string;
  readonly url: string;
  /** The SHA-256 on the page, lower-case hex; `null`: none. */
  readonly sha256: string | null;
  readonly isYanked: boolean;
  /** What the page states about the file's `.metadata` file; `null`: the page announces no such file. */
  readonly metadata: { readonly sha256: string | null } | null;
  /** The absolute URL of the file's attestations; `null`: none, or an invalid URL. @see PEP 740 */
  readonly provenance: string | null;
}

/** A file that a project page lists. */
export interface PageFile {
  readonly name: string;
  readonly isYanked: boolean;
  /** Returns the file's details; `null`: the file has no valid URL, so it does not count. */
  read(): IndexFile | null;
}

/** Receives what a project page lists, in the order of the page. */
export interface PageReader {
  file(file: PageFile): void;
  /** Receives an entry of the page's list of versions. Pages in HTML have no such list. */
  version?(text: string): void;
  /**
   * Forgets everything received so far, because the page has a second list of files under the same key. Of repeated
   * keys, the last one counts.
   */
  restart(): void;
}

/** The status of a project that is unsafe, for example because of malware. @see PEP 792 */
export const quarantined = 'quarantined';

export interface ProjectPage {
  /** The serial of the project's last change, in digits; `null`: not stated. */
  readonly serial: string | null;
  /** `null`: no client is known to refuse the page. */
  readonly refused: ClientRefusal | null;
  /** What the page has beside names, addresses and hashes of files, by capability; as in `Facts.offers`. */
  readonly offers: Offers;
  /** True if the page marks the project as quarantined: none of its files may be installed. @see PEP 792 */
  readonly isQuarantined: boolean;
}

/** Resolves a file's URL against the URL of the page; `null` if the result is not http(s) or has credentials. */
export function parseFileUrl(text: string, base: string) {
  const url = readPageUrl(text, base);
  if (url === null) return null;
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.hostname === '') return null;
  const fragment = url.hash.slice(1);
  url.hash = '';
  return { url: url.href, fragment };
}

/** Returns the decoded last segment of a URL's path; empty if it cannot be decoded. */
export function nameIn(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1);
  return getOrElse(() => decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)), '');
}

/** Returns the absolute URL of a file's attestations; `null`: none, or an invalid URL. */
export function parseProvenanceUrl(value: unknown, base: string): string | null {
  return typeof value === 'string' && value !== '' ? (parseFileUrl(value, base)?.url ?? null) : null;
}

/** Returns the URL of a file's core metadata. @see PEP 658 */
export function metadataUrlOf(file: string): string {
  const url = new URL(file);
  url.pathname += '.metadata';
  return url.href;
}

/** Returns a SHA-256 in lower-case hex; `null`: the value is no SHA-256 in hex. */
export function sha256Of(text: unknown): string | null {
  return typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null;
}
