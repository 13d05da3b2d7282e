import { normalName } from './project.ts';

/** True for a pattern of project names: the characters of a name, and `*` for any of them. */
export function isProjectPattern(text: string): boolean {
  return /^[A-Za-z0-9*](?:[A-Za-z0-9._*-]*[A-Za-z0-9*])?$/.test(text) && !/^\*+$/.test(text) && text.length <= 200;
}

/** Whether a project's name, normalised, matches one of the patterns, normalised as it is. */
export function matchesProjects(patterns: readonly string[], project: string): boolean {
  return patterns.some((pattern) => matches(normalName(pattern).split(/\*+/), normalName(project)));
}

/** Parts between stars, in their order; the first found place of each is as good as any other. */
function matches(parts: readonly string[], name: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
