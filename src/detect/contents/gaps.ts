import type { Gaps } from '../../core/mirror.ts';

/** Whether a mirror leaves a version out by design: such a one counts neither as lag nor as missing. */
export function leavesOut(gaps: Gaps | undefined): (version: string, isPre: boolean) => boolean {
  if (gaps === undefined) return () => false;
  return (version, isPre) =>
    (gaps.prereleases && isPre) || gaps.without.some((pattern) => isLike(version, pattern.split('*')));
}

/** True for a text that begins with the first part, ends with the last, and has the others between, in their order. */
function isLike(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.at(-1) ?? '';
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
