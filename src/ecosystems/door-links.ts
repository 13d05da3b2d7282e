import { limits } from '../core/limits.ts';
import { readJson } from '../core/read-json.ts';
import type { RewriteLinks } from './door-paths.ts';

/** The maximum number of links in a page. A page with more links is rejected. */
const linksMax = 100_000;
/** The maximum length of a link with its tag or key, if the rest of it is in the next part of the page. */
const linkCharsMax = 64 * 1024;

/**
 * Returns a function that replaces every match in a page.
 * @param openAt    returns where the last match begins that may continue in the next part
 * @param charsMax  the maximum length of the changed page
 */
export function replaceLinks(
  pattern: RegExp,
  replace: (...match: string[]) => string,
  openAt: (text: string) => number,
  charsMax: number = limits.doorRewriteBytes,
): RewriteLinks {
  let [held, links, chars] = ['', 0, 0];
  return (part, isLast) => {
    const text = held + part;
    const end = isLast ? text.length : openAt(text);
    held = text.slice(end);
    const made = text.slice(0, end).replaceAll(pattern, (...match: string[]) => {
      links += 1;
      if (links > linksMax) throw new Error('too many links');
      return replace(...match);
    });
    chars += made.length;
    if (chars > charsMax || held.length > linkCharsMax) throw new Error('too long');
    return made;
  };
}

/** A match of the pattern for a key is shorter than this, unless it has very many spaces. */
const pairChars = 10_000;

/**
 * Returns a function that replaces the values of one key in JSON. The JSON is not parsed, because parsing 32 MiB would
 * block other requests for a second. Nothing else in JSON matches, because quotes in strings are escaped.
 * @param replace   returns the new value; `null`: the value stays as it is
 * @param charsMax  the maximum length of the changed page
 */
export function replaceJsonLinks(
  key: string,
  replace: (value: string) => string | null,
  charsMax: number = limits.doorRewriteBytes,
): RewriteLinks {
  const quotedKey = JSON.stringify(key);
  // pattern held by: test/unit/features/door/links.test.ts
  const pattern = new RegExp(`(${quotedKey}\\s*:\\s*)("(?:[^"\\\\]|\\\\.){0,4096}")`, 'g');
  const replacePair = (pair: string, before = '', text = ''): string => {
    const value = readJson(text);
    const to = typeof value === 'string' ? replace(value) : null;
    return to === null ? pair : before + JSON.stringify(to);
  };
  const openAt = (part: string): number => {
    const open = part.lastIndexOf(quotedKey);
    const isOpen = open >= 0 && open > part.length - pairChars;
    return isOpen ? open : Math.max(0, part.length - quotedKey.length + 1);
  };
  return replaceLinks(pattern, replacePair, openAt, charsMax);
}
