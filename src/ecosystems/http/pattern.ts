import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';

const patternChars = 200;
/** The maximum number of instructions of a compiled pattern, which bounds the time that each character costs. */
const programMax = 500;

/**
 * Matches one part of a pattern that has the same meaning in RE2 and in JavaScript: an escaped character, a class, the
 * start of a group, a count of at most 250, or any other character.
 */
const part =
  /\\(?:[dwsDWSnrt]|[^A-Za-z0-9])|\[\^?(?:[^\\[\]]|\\(?:[dwsDWSnrt]|[^A-Za-z0-9]))+\]|\((?:\?:|(?!\?))|\{(?:[01]?\d?\d|2[0-4]\d|250)(?:,(?:[01]?\d?\d|2[0-4]\d|250)?)?\}|[^\\[\](){}]|\)/gsy;

interface Pattern {
  /** Whether the pattern matches anywhere in the text. The time is linear in the text's length. */
  isIn(text: string): boolean;
}

/**
 * Compiles a regular expression without back-references and look-around. `^` and `$` match at the edges of a line, as
 * in grep.
 * @see docs/decisions/0016-libraries-that-are-safe-with-hostile-input.md
 */
export function compilePattern(source: string): Result<Pattern, Sentence> {
  const refused = error(phrase('expected.pattern'));
  const parts = source.match(part) ?? [];
  if (source === '' || source.length > patternChars || parts.join('') !== source) return refused;
  try {
    // It only refuses what only RE2 accepts, such as `^*`, and reads no text. pattern input: at most 0 bytes
    new RegExp(source, 'm');
    const { RE2JS: re2 } = createRequire(import.meta.url)('re2js') as { readonly RE2JS: typeof RE2JS };
    const pattern = re2.compile(parts.map(inRe2).join(''), re2.MULTILINE);
    if (pattern.programSize() > programMax) return error(phrase('expected.counts'));
    return ok({ isIn: (text) => pattern.test(text) });
  } catch {
    return refused;
  }
}

/** Returns a part of a JavaScript pattern as RE2 writes it. In JavaScript, `.` does not match the end of a CRLF line. */
function inRe2(one: string): string {
  return one === '.' ? String.raw`[^\n\r]` : one.replace(/\\(?=\P{ASCII})/gu, '');
}
