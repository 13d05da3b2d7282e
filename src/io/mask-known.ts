import type { WireAccess } from '../core/ports.ts';

const shown = '***';
/** Anything shorter would mask half of what people read, and is no secret. */
const charsMin = 4;

/**
 * The texts by which a server could say our own credentials back to us (in a header, a redirect, an error body): plain,
 * percent-encoded, as base64, and as base64 of `user:password`. Longest first; empty where a mirror has none.
 */
export function secretForms({ auth, proxy }: WireAccess): readonly string[] {
  const pairs = [
    ...(auth === null ? [] : [[auth.username, auth.secret] as const]),
    ...(proxy === null || proxy.password === null ? [] : [[proxy.username ?? '', proxy.password] as const]),
  ];
  const forms = pairs.flatMap(([username, secret]) => {
    if (secret.length < charsMin) return [];
    const coded = [secret, `${username}:${secret}`].flatMap((text) => [
      Buffer.from(text).toString('base64').replace(/=+$/, ''),
      Buffer.from(text).toString('base64url'),
    ]);
    return [secret, encodeURIComponent(secret), ...coded];
  });
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** The same plain data with every one of `forms` in it replaced by `***`; the value itself where none occurs. */
export function maskKnown<T>(value: T, forms: readonly string[]): T {
  return forms.length === 0 ? value : (masked(value, forms) as T);
}

function masked(value: unknown, forms: readonly string[]): unknown {
  if (typeof value === 'string') return forms.reduce((text, form) => text.replaceAll(form, shown), value);
  if (Array.isArray(value)) return value.map((one) => masked(one, forms));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [masked(key, forms), masked(one, forms)]));
}
