import type { EcosystemId } from '../core/mirror.ts';

const syntax = /[\^$\\.*+?()[\]{}|/]/;

/** One element of a `path.Match` pattern: `*` and `?` stay within it, `[…]` is a class, `\` takes the next as it is. */
function elementPattern(glob: string): string {
  return glob.replace(/\\(.)|\[\^?(?:\\.|[^\]\\])+\]|./gu, (part, escaped: string | undefined) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part === '[') throw new SyntaxError('a class without an end');
    if (part.startsWith('[')) return part;
    const letter = escaped ?? part;
    return syntax.test(letter) ? `\\${letter}` : letter;
  });
}

const known = new Map<string, RegExp | null>();

function regExpOf(ecosystem: EcosystemId, glob: string): RegExp | null {
  const key = `${ecosystem}|${glob}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  let pattern: RegExp | null = null;
  try {
    const body = glob.replace(/\/+$/, '').split('/').map(elementPattern).join('/');
    // Go holds a pattern against a prefix of whole elements (module.MatchPrefixPatterns); the others against the name.
    if (body !== '') pattern = new RegExp(ecosystem === 'go' ? `^${body}(?:/|$)` : `^${body}$`, 'u');
  } catch {
    // A malformed pattern matches nothing, as in Go.
  }
  known.set(key, pattern);
  return pattern;
}

/**
 * True where a name matches one of the private patterns. Go: GOPRIVATE's rules, a `path.Match` glob against a prefix of
 * whole path elements (https://go.dev/ref/mod#private-modules); others: a glob against the whole name, `*` within one
 * path element, PyPI names compared in normal form (PEP 503).
 */
export function isPrivateName(ecosystem: EcosystemId, name: string, patterns: readonly string[]): boolean {
  const normal = (text: string) => (ecosystem === 'pypi' ? text.toLowerCase().replace(/[-_.]+/g, '-') : text);
  return patterns.some((glob) => regExpOf(ecosystem, normal(glob))?.test(normal(name)) ?? false);
}
