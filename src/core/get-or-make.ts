/**
 * Returns the value of a key in a map. If there is none, `make` makes it, and the map keeps it.
 * @param most  the maximum number of entries: a full map is cleared before it keeps another value
 */
export function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V, most = Number.POSITIVE_INFINITY): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (map.size >= most) map.clear();
  map.set(key, made);
  return made;
}

/** Returns a function that makes a value when it is first called, and keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
