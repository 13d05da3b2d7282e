import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import type { Sentence } from '../../core/sentence.ts';
import { malformed, wrongContent } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { beginsLike } from '../begins.ts';
import type { Head } from './profile.ts';

/** First bytes by the end of a name, hex: what any mirror of any kind must send. */
const beginnings: readonly (readonly [RegExp, string, Sentence | string])[] = [
  [/\.(gz|tgz|apk|crate)$/, '1f8b', 'gzip'],
  [/\.(xz|txz)$/, 'fd377a585a00', 'xz'],
  [/\.(zst|tzst)$/, '28b52ffd', 'Zstandard'],
  [/\.bz2$/, '425a68', 'bzip2'],
  [/\.(zip|jar|war|whl|conda)$/, '504b0304', 'zip'],
  [/\.(deb|udeb)$/, '213c617263683e0a', phrase('answer.debianPackage')],
  [/\.rpm$/, 'edabeedb', phrase('answer.rpmPackage')],
];

/** Names whose content is markup by right; a folder's listing is too. */
const markup = /\.(html?|xml|pom|svg|xsd)$|\/$/;

/**
 * What is wrong with a file by its name alone: a page in place of what is none, or other first bytes than its ending
 * promises. `null`: nothing.
 */
export function formatFailure({ path, body }: Pick<Head, 'path' | 'body'>): ProbeFailure | null {
  const known = beginnings.find(([ending]) => ending.test(path));
  if (known !== undefined && beginsLike(body, known[1])) return null;
  if (!markup.test(path) && isMarkup(body)) return wrongContent('answer.notPage', { what: phrase('answer.aFile') });
  if (known === undefined) return null;
  const [, , title] = known;
  return malformed('answer.byName', { what: title });
}

/** True where a body begins with these bytes. */
export function startsWith(body: Uint8Array, hex: string): boolean {
  const wanted = Buffer.from(hex, 'hex');
  return wanted.equals(body.subarray(0, wanted.length));
}

/** The first characters of a body, whatever it is: bytes that are no UTF-8 stand as U+FFFD. */
export function headText(body: Uint8Array, bytes = 16 * 1024): string {
  return new TextDecoder('utf-8').decode(body.subarray(0, bytes));
}
