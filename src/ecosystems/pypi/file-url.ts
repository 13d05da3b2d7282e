import { readPageUrl } from '../../core/foreign-url.ts';

/** A file's URL as it may be asked for, and its fragment. */
export interface FileUrl {
  readonly url: string;
  readonly fragment: string;
}

/** Resolves a file's URL against its page; `null` for what is no http(s) URL, and for one that brings credentials. */
export function fileUrl(text: string, base: string): FileUrl | null {
  const url = readPageUrl(text, base);
  if (url === null) return null;
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.hostname === '') return null;
  const fragment = url.hash.slice(1);
  url.hash = '';
  return { url: url.href, fragment };
}

/** Where a page says that a file's attestations are; `null` where it says nothing that can be asked for. */
export function provenanceUrl(value: unknown, base: string): string | null {
  return typeof value === 'string' && value !== '' ? (fileUrl(value, base)?.url ?? null) : null;
}

/** The URL of the core metadata beside a file. @see PEP 658 */
export function metadataUrl(file: string): string {
  const url = new URL(file);
  url.pathname += '.metadata';
  return url.href;
}

/** A sha256 in hex, lower-case; `null` where it is none. */
export function sha256Of(text: unknown): string | null {
  return typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null;
}
