/** Returns what a function returns; `otherwise`: the function throws. */
export function getOrElse<T, U>(run: () => T, otherwise: U): T | U {
  try {
    return run();
  } catch {
    return otherwise;
  }
}
