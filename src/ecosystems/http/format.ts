import { isMarkup } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/result.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import type { Chain } from '../client.ts';
import { matchesBeginning } from '../talk.ts';
import { type Head, headUrlOf, type Lines } from './profile.ts';

/** Required first bytes by file ending, in hex. */
const beginnings: readonly (readonly [RegExp, string, Sentence | string])[] = [
  [/\.(gz|tgz|apk|crate)$/, '1f8b', 'gzip'],
  [/\.(xz|txz)$/, 'fd377a585a00', 'xz'],
  [/\.(zst|tzst)$/, '28b52ffd', 'Zstandard'],
  [/\.bz2$/, '425a68', 'bzip2'],
  [/\.(zip|jar|war|whl|conda)$/, '504b0304', 'zip'],
  [/\.(deb|udeb)$/, '213c617263683e0a', phrase('answer.debianPackage')],
  [/\.rpm$/, 'edabeedb', phrase('answer.rpmPackage')],
];

/** Names of markup files, including listings of folders. */
const markup = /\.(html?|xml|pom|svg|xsd)$|\/$/;

/**
 * A failure by the file's name alone: a web page in place of another type, or first bytes that do not fit the ending.
 * `null`: none.
 */
export function formatFailure({ path, body }: Pick<Head, 'path' | 'body'>): ProbeFailure | null {
  const known = beginnings.find(([ending]) => ending.test(path));
  if (known !== undefined && matchesBeginning(body, known[1])) return null;
  if (!markup.test(path) && isMarkup(body)) return wrongContent('answer.notPage', { what: phrase('answer.aFile') });
  if (known === undefined) return null;
  const [, , title] = known;
  return malformed('answer.byName', { what: title });
}

/** True if a body begins with these bytes. */
export function startsWith(body: Uint8Array, hex: string): boolean {
  const wanted = Buffer.from(hex, 'hex');
  return wanted.equals(body.subarray(0, wanted.length));
}

/** The first characters of a body; invalid UTF-8 becomes U+FFFD. */
export function headTextOf(body: Uint8Array, bytes = 16 * 1024): string {
  return new TextDecoder('utf-8').decode(body.subarray(0, bytes));
}

/** How to find URLs in a client's files. */
interface Edit {
  readonly before: Chain;
  readonly after: Chain;
  /** Files, as a shell expands them. */
  readonly files: string;
  /** An extended regular expression of the text after a URL, and its replacement. */
  readonly behind: string;
  readonly kept: string;
}

/** Lines that replace one base URL by another in a client's files, for any suite or branch. */
export function editLines({ before, after, files, behind, kept }: Edit): Lines {
  const [from, to] = [headUrlOf(before), headUrlOf(after)];
  const line = (old: string, next: string): string =>
    `grep -rlF '${old}' ${files} | xargs -r sed -Ei 's#${escaped(old)}${behind}#${next}${kept}#g'`;
  return {
    text: line(from, to),
    rollback: line(to, from),
    notes: [phrase('note.entries', { from, files })],
  };
}

/** A pasteable URL as an extended regular expression. */
function escaped(url: string): string {
  return url.replace(/[.+]/g, '\\$&');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Wall ms of `Sat, 10 Feb 2024 11:07:25 UTC` (or GMT, or `+0000`), as in Release files and headers; `null`: no such
 * date.
 */
export function parseMailDate(text: string): number | null {
  const [, day, month = '', year, time] =
    /^\w{3}, (\d{1,2}) (\w{3}) (\d{4}) (\d{2}:\d{2}:\d{2}) (?:UTC|GMT|\+0000)$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/** Wall ms of `Wed Jul 17 20:15:36 UTC 2024`, the format of `date -u`; `null`: no such date. */
export function parseUnixDate(text: string): number | null {
  const [, month = '', day, time, year] =
    /^\w{3} (\w{3}) {1,2}(\d{1,2}) (\d{2}:\d{2}:\d{2}) (?:UTC|GMT) (\d{4})$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/** Wall ms of seconds since 1970, alone on a line; `null`: no such number, or an implausible year. */
export function parseEpochSeconds(text: string): number | null {
  const [, seconds] = /^(\d{9,10})\s*$/.exec(text) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Wall ms of `20240717201536`, UTC; `null`: no such date. */
export function compactDate(text: string): number | null {
  const [, year, month, day, h, m, s] = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text) ?? [];
  return utc(year, months[Number(month) - 1] ?? '', day, `${h}:${m}:${s}`);
}

function utc(
  year: string | undefined,
  month: string,
  day: string | undefined,
  time: string | undefined,
): number | null {
  const at = months.indexOf(month);
  if (year === undefined || day === undefined || time === undefined || at < 0) return null;
  const ms = Date.parse(`${year}-${String(at + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${time}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** Characters that need no escape in a URL; all others are written as `%` and two digits. */
const segment = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
const dots = /^(?:\.|%2e){1,2}$/i;

/** The form that `isFilePath` accepts. */
export const filePathExpected = phrase('expected.filePathSuch');

/** True for a path that can be requested below a mirror unchanged; a final slash is a folder. */
export function isFilePath(text: string): boolean {
  if (text.length > limits.moduleChars) return false;
  const segments = text.replace(/\/$/, '').split('/');
  return segments.every((one) => segment.test(one) && !dots.test(one));
}
