import { limits } from '../../core/limits.ts';
import { printable } from '../../core/printable.ts';
import type { Signature, SignatureState } from '../../core/signature.ts';

/** What the verifier said of all signatures over a file: the best of them, or in its own words a wrong one. */
export type Report =
  | { readonly tag: 'judged'; readonly signature: Signature }
  | { readonly tag: 'bad'; readonly said: string };

/** What each word comes to. A file may carry several signatures; the first row that any has decides. */
const words: readonly (readonly [word: string, state: SignatureState | 'bad'])[] = [
  ['GOODSIG', 'valid'],
  ['BADSIG', 'bad'],
  ['EXPSIG', 'expired'],
  ['EXPKEYSIG', 'expired_key'],
  ['REVKEYSIG', 'revoked_key'],
  ['NO_PUBKEY', 'unknown_key'],
  ['ERRSIG', 'unsupported'],
];

/**
 * Reads the lines of `gpgv --status-fd`; `null` where they speak of no signature.
 * @see GnuPG doc/DETAILS, "Format of the --status-fd output"
 */
export function readReport(text: string): Report | null {
  const lines = text.split('\n').flatMap((line) => {
    const [, word = '', key = '', rest = ''] = /^\[GNUPG:\] ([A-Z_]+) ([0-9A-F]{16,64})(?: (.*))?$/.exec(line) ?? [];
    return word === '' ? [] : [{ word, key, rest }];
  });
  for (const [word, state] of words) {
    const at = lines.findIndex((line) => line.word === word);
    const found = lines[at];
    if (found === undefined) continue;
    if (state === 'bad') return { tag: 'bad', said: shown(`${word} ${found.key} ${found.rest}`) };
    // The whole fingerprint follows a good signature; any other is named by the end of it.
    const whole = lines.find((line, after) => after > at && line.word === 'VALIDSIG');
    return { tag: 'judged', signature: { state, key: whole?.key ?? found.key } };
  }
  return null;
}

function shown(text: string): string {
  return printable(text.trim(), limits.keyNameChars);
}
