/** A value or an error. Failures that callers must handle are values; `throw` is for defects. */
export type Result<T, E> = { readonly tag: 'ok'; readonly value: T } | { readonly tag: 'error'; readonly error: E };

/** Wraps a value as success. */
export function ok<T>(value: T): { readonly tag: 'ok'; readonly value: T } {
  return { tag: 'ok', value };
}

/** Wraps what went wrong as a value. */
export function error<E>(what: E): { readonly tag: 'error'; readonly error: E } {
  return { tag: 'error', error: what };
}
