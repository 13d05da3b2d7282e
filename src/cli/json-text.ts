/**
 * What a command prints with `--json`. Texts of others in it neither move the cursor nor reorder what is shown: what JSON itself lets
 * stand of that (C1, directions) is an escape, which reads back the same.
 */
export function jsonText(value: unknown): string {
  const coded = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, 2).replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => coded(found.charCodeAt(at))).join(''),
  );
}
