import { readPageUrl } from '../../core/url.ts';

/** One file of a project page. */
export interface IndexFile {
  readonly name: string;
  /** Absolute, without its fragment. */
  readonly url: string;
  /** Lower-case hex; `null`: no supported hash on the page. */
  readonly sha256: string | null;
  readonly isYanked: boolean;
  /** The `.metadata` file of it; `null`: not announced. */
  readonly metadata: { readonly sha256: string | null } | null;
  /** Absolute URL of its attestations; `null`: not announced. @see PEP 740 */
  readonly provenance: string | null;
}

/** A project page, in either form. */
export interface ProjectPage {
  readonly files: readonly IndexFile[];
  /** The versions that the page lists (version 1.1 of its form); `null`: derived from file names. */
  readonly versions: readonly string[] | null;
  /** The serial of the project's last change, if the page has it. */
  readonly serial: string | null;
}

/** The most files of one page that are read; the largest projects have some ten thousand. */
export const filesMax = 100_000;

/** A file's URL for requests, and its fragment. */
interface FileUrl {
  readonly url: string;
  readonly fragment: string;
}

/** Resolves a file's URL against its page; `null` if it is not http(s) or has credentials. */
export function parseFileUrl(text: string, base: string): FileUrl | null {
  const url = readPageUrl(text, base);
  if (url === null) return null;
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.hostname === '') return null;
  const fragment = url.hash.slice(1);
  url.hash = '';
  return { url: url.href, fragment };
}

/** The URL of a file's attestations on its page; `null`: none, or not valid. */
export function parseProvenanceUrl(value: unknown, base: string): string | null {
  return typeof value === 'string' && value !== '' ? (parseFileUrl(value, base)?.url ?? null) : null;
}

/** The URL of the core metadata beside a file. @see PEP 658 */
export function metadataUrlOf(file: string): string {
  const url = new URL(file);
  url.pathname += '.metadata';
  return url.href;
}

/** A sha256 as lower-case hex; `null` if the text is none. */
export function sha256Of(text: unknown): string | null {
  return typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null;
}
