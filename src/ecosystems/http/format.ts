import { isMarkup } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/result.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import type { Chain } from '../client.ts';
import { matchesBeginning } from '../talk.ts';
import { type Head, headUrlOf, type Lines } from './profile.ts';

/** For each format: the end of a file's name, the first bytes in hex, and the name of the format. */
const beginnings: readonly (readonly [RegExp, string, Sentence | string])[] = [
  [/\.(gz|tgz|apk|crate)$/, '1f8b', 'gzip'],
  [/\.(xz|txz)$/, 'fd377a585a00', 'xz'],
  [/\.(zst|tzst)$/, '28b52ffd', 'Zstandard'],
  [/\.bz2$/, '425a68', 'bzip2'],
  [/\.(zip|jar|war|whl|conda)$/, '504b0304', 'zip'],
  [/\.(deb|udeb)$/, '213c617263683e0a', phrase('answer.debianPackage')],
  [/\.rpm$/, 'edabeedb', phrase('answer.rpmPackage')],
];

/** Matches the paths of HTML or XML files, and of folders, because listings of folders are HTML. */
const markup = /\.(html?|xml|pom|svg|xsd)$|\/$/;

/**
 * Returns the failure if the body is a web page instead of a file, or if its first bytes do not fit the file's name.
 * `null`: neither.
 */
export function formatFailure({ path, body }: Pick<Head, 'path' | 'body'>): ProbeFailure | null {
  const known = beginnings.find(([ending]) => ending.test(path));
  if (known !== undefined && matchesBeginning(body, known[1])) return null;
  if (!markup.test(path) && isMarkup(body)) return wrongContent('answer.notPage', { what: phrase('answer.aFile') });
  if (known === undefined) return null;
  const [, , title] = known;
  return malformed('answer.byName', { what: title });
}

export function startsWith(body: Uint8Array, hex: string): boolean {
  const wanted = Buffer.from(hex, 'hex');
  return wanted.equals(body.subarray(0, wanted.length));
}

/** Returns the first `bytes` bytes of a body as text. Invalid UTF-8 becomes U+FFFD. */
export function headTextOf(body: Uint8Array, bytes = 16 * 1024): string {
  return new TextDecoder('utf-8').decode(body.subarray(0, bytes));
}

interface Edit {
  readonly before: Chain;
  readonly after: Chain;
  /** The files to edit, as a shell pattern. */
  readonly files: string;
  /** An extended regular expression for the text after the URL. `kept` replaces that text. */
  readonly behind: string;
  readonly kept: string;
}

/**
 * Makes shell lines that replace the first URL of the chain `before` by the first URL of `after` in a client's files.
 */
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

function escaped(url: string): string {
  return url.replace(/[.+]/g, '\\$&');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Parses a date such as `Sat, 10 Feb 2024 11:07:25 UTC` to wall-clock milliseconds; `null`: the text has another
 * format. The day and the hour may have one digit, as in apt.
 */
export function parseMailDate(text: string): number | null {
  const [, day, month = '', year, time] =
    /^\w{3}, {1,2}(\d{1,2}) (\w{3}) (\d{4}) {1,2}(\d{1,2}:\d{2}:\d{2}) (?:UTC|GMT|Z|[+-]0000)$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/**
 * Parses `Wed Jul 17 20:15:36 UTC 2024`, the format of `date -u`, to wall-clock milliseconds; `null`: the text has
 * another format.
 */
export function parseUnixDate(text: string): number | null {
  const [, month = '', day, time, year] =
    /^\w{3} (\w{3}) {1,2}(\d{1,2}) (\d{2}:\d{2}:\d{2}) (?:UTC|GMT) (\d{4})$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/**
 * Parses a text of nine or ten digits, seconds since 1970, to wall-clock milliseconds; `null`: the text has another
 * format.
 */
export function parseEpochSeconds(text: string): number | null {
  const [, seconds] = /^(\d{9,10})\s*$/.exec(text) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Parses `20240717201536`, in UTC, to wall-clock milliseconds; `null`: the text has another format. */
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
  const ms = Date.parse(`${year}-${String(at + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${time.padStart(8, '0')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** Matches a path segment: characters that URLs need not escape, and percent escapes. */
const segment = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
const dots = /^(?:\.|%2e){1,2}$/i;

export const filePathExpected = phrase('expected.filePathSuch');

/** True for a path that can be requested below a mirror's base URL unchanged. The path of a folder ends in a slash. */
export function isFilePath(text: string): boolean {
  if (text.length > limits.moduleChars) return false;
  const segments = text.replace(/\/$/, '').split('/');
  return segments.every((one) => segment.test(one) && !dots.test(one));
}
