/** A key as settings files have it, in the singular or plural, and what stands before its value; of XML the end of its tag. */
const secretKey =
  /((?:_auth|_authtoken|_password|password|passwd|pwd|passphrase|token|secret|api[-_]?key|access[-_]?key(?:[-_]?id)?|secret[-_]?key|npmauthtoken|npmauthident|authorization|\bauth|\bkey)s?(?:\[\])?["']?\s*[=:>]\s*)([\s\S]*)$/i;

/** Longer lines are not shown: whether they hold a secret can't be told in reasonable time, and nobody reads them. */
const charactersMax = 2_000;

/** A line of a settings file with what may be a secret in it as `***`: values of keys that hold one, and user-info. */
export function maskLine(line: string): string {
  return maskUserInfo(line.replace(secretKey, (_, key: string, value: string) => (value === '' ? key : `${key}***`)));
}

/** What a line sets a key to that holds a secret, `''` where it stands on lines to come; `null`: it sets none. */
export function secretValue(line: string): string | null {
  return secretKey.exec(line)?.[2]?.trimEnd() ?? null;
}

/** A text with user-info as `***@`, of URLs and of what lacks its scheme, with whatever may be part of a password, and without values of queries. */
export function maskUserInfo(text: string): string {
  if (text.length > charactersMax) return `(${text.length} characters)`;
  return (
    text
      .replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"',|]*@/gi, '$1***@')
      .replace(/(\/\/)[^\s/]*@/g, '$1***@')
      // One slash, or backslashes: clients read it as a URL all the same.
      .replace(/((?:https?|tcp|socks[45]?[ah]?):[\\/]+)[^\s"',|]*@/gi, '$1***@')
      .replace(/(^|[\s"'=,|;[(])[^\s"'=,|;[(/@:]+:[^\s/]*@/g, '$1***@')
      .replace(/([?&][^\s?&#="']{1,60}=)[^\s&#"',|]+/g, '$1***')
  );
}
