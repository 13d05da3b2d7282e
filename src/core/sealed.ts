import { Secret } from './secret.ts';

/** A value with its secrets separated, so that it can be sent to a thread as plain data. */
export interface Sealed {
  /** `null` in place of each secret. */
  readonly data: unknown;
  /** The secrets, with the keys and indexes of their places. */
  readonly secrets: readonly { readonly path: readonly (string | number)[]; readonly text: string }[];
}

/** Separates the secrets from plain data: a structured copy to another thread turns a `Secret` into an empty object. */
export function seal(value: unknown): Sealed {
  const secrets: { readonly path: readonly (string | number)[]; readonly text: string }[] = [];
  const plain = (of: unknown, path: readonly (string | number)[]): unknown => {
    if (of instanceof Secret) {
      secrets.push({ path, text: of.reveal() });
      return null;
    }
    if (Array.isArray(of)) return of.map((one, at) => plain(one, [...path, at]));
    if (!isPlain(of)) return of;
    return Object.fromEntries(Object.entries(of).map(([key, one]) => [key, plain(one, [...path, key])]));
  };
  return { data: plain(value, []), secrets };
}

/** Puts the secrets back, as `Secret`. Changes `data` in place. */
export function unseal({ data, secrets }: Sealed): unknown {
  let whole = data;
  for (const { path, text } of secrets) {
    const last = path.at(-1);
    if (last === undefined) whole = new Secret(text);
    else holderOf(whole, path)[last] = new Secret(text);
  }
  return whole;
}

function holderOf(data: unknown, path: readonly (string | number)[]): Record<string | number, unknown> {
  return path.slice(0, -1).reduce((at, key) => (at as Record<string | number, unknown>)[key], data) as Record<
    string | number,
    unknown
  >;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
