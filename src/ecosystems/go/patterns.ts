import { escapeExpression } from '../../core/globs.ts';
import { isInnerHost } from '../../core/url.ts';

type Token =
  | { readonly kind: 'star' | 'any' }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

/**
 * True if a module path matches one of the globs by GOPRIVATE's rules. A glob with N slashes is compared with the first
 * N+1 path elements. An empty or malformed glob matches nothing.
 * @see docs/protocols/go.md#patterns; golang.org/x/mod module.MatchPrefixPatterns and path.Match
 */
export function matchesGoPatterns(globs: readonly string[], module: string): boolean {
  return globs.some((glob) => matchesPrefix(glob, module));
}

/** Well-known public modules: a private pattern that matches one is too wide. */
const publicModules = ['github.com/google/uuid', 'golang.org/x/net', 'gopkg.in/yaml.v3', 'google.golang.org/grpc'];

export function findTooWide(value: string): readonly string[] {
  return value.split(',').filter((glob) => publicModules.some((module) => matchesGoPatterns([glob.trim()], module)));
}

/** Hosts of modules of many owners: a private pattern must name the owner. */
const sharedHosts = ['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org', 'gitee.com', 'gopkg.in'];

/**
 * True if a list of private patterns names only hosts or owners, as in `git.example.com/*` or `*.corp`. Modules that
 * match a private pattern are not verified by the checksum database.
 */
export function isNarrow(value: string): boolean {
  return value.split(',').every((glob) => {
    const [host = '', owner = ''] = glob.split('/');
    const suffix = host.slice(Math.max(host.lastIndexOf('*'), host.lastIndexOf('?')) + 1).replace(/^\./, '');
    if (!/^[\w-]+(?:\.[\w-]+)*$/.test(suffix) || !/^[\w.~/*?[\]+=@-]+$/.test(glob)) return false;
    if (findTooWide(glob).length > 0) return false;
    if (suffix !== host && !suffix.includes('.') && !isInnerHost(`any.${suffix}`)) return false;
    const isShared = sharedHosts.some((shared) => matchesGoPatterns([host], shared));
    return !isShared || (suffix === host && /^[\w.-]+$/.test(owner));
  });
}

/** True for a well-formed glob that is not empty and has no comma. */
export function isGoPattern(glob: string): boolean {
  const trimmed = glob.replace(/\/$/, '');
  return trimmed !== '' && !trimmed.includes(',') && tokensOf(trimmed) !== null;
}

/**
 * Converts a glob to a regular expression for escaped paths, in which `!a` means `A`. It may match more than the glob:
 * a class such as `[a-c]` becomes any character.
 */
export function expressionOf(glob: string): string {
  const one = '(?:![a-z]|[^/@])';
  return (tokensOf(glob.replace(/\/$/, '')) ?? [])
    .map((token) => {
      if (token.kind === 'star') return '[^/@]*';
      if (token.kind !== 'literal') return one;
      return escapeExpression(token.text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`));
    })
    .join('');
}

function matchesPrefix(glob: string, module: string): boolean {
  const trimmed = glob.replace(/\/$/, '');
  if (trimmed === '') return false;
  const elements = trimmed.split('/').length;
  const path = module.split('/');
  if (path.length < elements) return false;
  const tokens = tokensOf(trimmed);
  return tokens !== null && matchesTokens(tokens, [...path.slice(0, elements).join('/')]);
}

/**
 * True if the tokens match the whole text. After a mismatch it backtracks only to the last star. This suffices, because
 * a star never matches `/`.
 */
function matchesTokens(tokens: readonly Token[], text: readonly string[]): boolean {
  let at = 0;
  let next = 0;
  let star: { token: number; at: number } | null = null;
  while (at < text.length || next < tokens.length) {
    const token = tokens[next];
    if (token?.kind === 'star') {
      star = { token: next, at };
      next += 1;
      continue;
    }
    const char = text[at];
    if (token !== undefined && char !== undefined && matchesOne(token, char)) {
      at += 1;
      next += 1;
      continue;
    }
    const eaten = star === null ? undefined : text[star.at];
    if (star === null || eaten === undefined || eaten === '/') return false;
    star = { token: star.token, at: star.at + 1 };
    at = star.at;
    next = star.token + 1;
  }
  return true;
}

function matchesOne(token: Token, char: string): boolean {
  if (token.kind === 'literal') return token.text === char;
  if (token.kind !== 'class') return char !== '/';
  const code = char.codePointAt(0) ?? 0;
  return token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated;
}

/** Parses a glob. Returns `null` for a malformed class or a backslash at the end, like Go's `path.Match`. */
function tokensOf(glob: string): readonly Token[] | null {
  const chars = [...glob];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    if (char === '*') tokens.push({ kind: 'star' });
    else if (char === '?') tokens.push({ kind: 'any' });
    else if (char === '[') {
      const read = classAt(chars, at + 1);
      if (read === null) return null;
      tokens.push(read.token);
      at = read.end;
    } else if (char === '\\') {
      at += 1;
      const escaped = chars[at];
      if (escaped === undefined) return null;
      tokens.push({ kind: 'literal', text: escaped });
    } else tokens.push({ kind: 'literal', text: char });
  }
  return tokens;
}

function classAt(chars: readonly string[], from: number): { readonly token: Token; readonly end: number } | null {
  const negated = chars[from] === '^';
  const ranges: (readonly [number, number])[] = [];
  let at = negated ? from + 1 : from;
  while (!(chars[at] === ']' && ranges.length > 0)) {
    const low = classChar(chars, at);
    if (low === null) return null;
    at = low.next;
    if (chars[at] !== '-') {
      ranges.push([low.code, low.code]);
      continue;
    }
    const high = classChar(chars, at + 1);
    if (high === null) return null;
    ranges.push([low.code, high.code]);
    at = high.next;
  }
  return { token: { kind: 'class', negated, ranges }, end: at };
}

function classChar(chars: readonly string[], at: number): { readonly code: number; readonly next: number } | null {
  const escaped = chars[at] === '\\';
  const char = chars[escaped ? at + 1 : at];
  if (char === undefined || (!escaped && (char === '-' || char === ']'))) return null;
  return { code: char.codePointAt(0) ?? 0, next: at + (escaped ? 2 : 1) };
}
