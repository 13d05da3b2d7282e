import { Secret } from './secret.ts';

/** A value whose secrets are set apart, so that it crosses between threads as plain data. */
export interface Sealed {
  /** `null` where a secret stands. */
  readonly data: unknown;
  /** The secrets by the keys and indexes that lead to them. */
  readonly secrets: readonly { readonly path: readonly (string | number)[]; readonly text: string }[];
}

/** Sets the secrets of plain data apart: a copy between threads would leave empty objects in their places. */
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

/** Puts the secrets back, as secrets. Takes `data` over. */
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
