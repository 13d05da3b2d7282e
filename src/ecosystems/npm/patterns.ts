/** A scope (`@corp` or `@corp/*`), or a name with `*` for any characters but the slash: `@corp/ui-*`, `corp-*`. */
const pattern = /^(?:@[a-z0-9~*-][a-z0-9._~*-]*(?:\/[a-z0-9~*-][a-z0-9._~*-]*)?|[a-z0-9~*-][a-z0-9._~*-]*)$/i;

/** True for a pattern that can match a name. */
export function isNpmPattern(text: string): boolean {
  return text.length <= 214 && pattern.test(text);
}

/**
 * Whether a name matches a pattern. A scope matches all of its packages, as in `.npmrc`. Case is ignored: a registry
 * that folds it would learn the name too.
 */
export function matchesNpmPatterns(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return patterns.some((one) => isNpmPattern(one) && matches(one.toLowerCase(), lower));
}

function matches(glob: string, name: string): boolean {
  const whole = glob.startsWith('@') && !glob.includes('/') ? `${glob}/*` : glob;
  const [elements, parts] = [whole.split('/'), name.split('/')];
  return elements.length === parts.length && elements.every((element, at) => matchesStars(element, parts[at] ?? ''));
}

/** Each piece between stars is searched after the previous one: no pattern is slow. */
function matchesStars(glob: string, text: string): boolean {
  const pieces = glob.split('*');
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return glob === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The scope that a pattern matches as a whole, such as `@corp`; `null` for any other pattern. */
export function scopeOf(text: string): string | null {
  return /^(@[a-z0-9~-][a-z0-9._~-]*)(?:\/\*)?$/i.exec(text)?.[1] ?? null;
}
