import { getOrElse } from './get-or-else.ts';

/** Decodes UTF-8. A byte order mark stays, because most clients refuse it before JSON. `null`: not UTF-8. */
export function utf8(body: Uint8Array): string | null {
  return getOrElse(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body), null);
}

/** True if a body starts with `<` after blanks, as an HTML error page does. */
export function isMarkup(body: Uint8Array): boolean {
  const start = new TextDecoder('utf-8').decode(body.subarray(0, 512));
  return start.trimStart().startsWith('<');
}

/**
 * Returns the first line that has printable characters, masked and then cut to 200 characters; `null`: there is none in
 * the first 2 048 bytes.
 */
export function firstLineOf(body: Uint8Array, mask: (text: string) => string): string | null {
  const lines = new TextDecoder('utf-8').decode(body.subarray(0, 2048)).split(/\r\n|\r|\n/);
  for (const [at, line] of lines.entries()) {
    const printable = mask(line.replace(/[\p{C}\uFFFD]/gu, '').trim());
    const isCut = body.length > 2048 && at === lines.length - 1;
    if (printable !== '') return isCut ? `${printable.slice(0, 199)}…` : printable.slice(0, 200);
  }
  return null;
}

/** True if a text contains a character below U+0020 other than a line feed. */
export function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

/** A complete body, in memory or in a file. */
export interface WholeBody {
  readonly bytes: number;
  /**
   * Returns a part of the body.
   * @param into  a buffer that is reused if the part fits into it
   * @throws if the stored body is lost
   */
  read(at: number, bytes: number, into?: Buffer): Uint8Array;
}

export function heldBodyOf(body: Uint8Array): WholeBody {
  return { bytes: body.length, read: (at, bytes) => body.subarray(at, at + bytes) };
}
