/**
 * Returns a copy of `whole` with these fields, in this order. A field that is absent or `undefined` is left out. It is slower
 * than a literal, so it is not for what happens in each probe.
 */
export function partOf<T extends object, K extends keyof T>(whole: T, ...names: readonly K[]): Pick<T, K> {
  const fields = names.filter((name) => whole[name] !== undefined).map((name) => [name, whole[name]]);
  return Object.fromEntries(fields) as Pick<T, K>;
}

/** Returns a copy of `fields` without those that are `null` or `undefined`. */
export function definedOf<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const present = Object.entries(fields).filter(([, value]) => value != null);
  return Object.fromEntries(present) as ReturnType<typeof definedOf<T>>;
}
