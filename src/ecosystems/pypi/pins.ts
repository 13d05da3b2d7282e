/** What is known of the hashes of one version: `module@version/<file>` for one file, `…/sha256:<hex>` for any of them. */
export interface Pins {
  /**
   * What a file's hash must be, as `sha256:<hex>`, or in words where several would do and this is none of them; `null`:
   * nothing is known.
   * @param hex  what it is, or what the page tells
   */
  wants(file: string, hex: string): string | null;
  /** True where something is known of this very file. */
  knows(file: string, hex: string | null): boolean;
}

/** The hashes known of a module's version. */
export function pinsOf(pinned: Readonly<Record<string, string>>, module: string, version: string): Pins {
  const at = `${module}@${version}/`;
  const byName = (file: string): string | null =>
    Object.hasOwn(pinned, at + file) ? (pinned[at + file] ?? null) : null;
  const anyOf = `${at}sha256:`;
  const locked = new Set(Object.keys(pinned).flatMap((key) => (key.startsWith(anyOf) ? [key.slice(at.length)] : [])));
  return {
    wants(file, hex) {
      const one = byName(file);
      if (one !== null || locked.size === 0) return one;
      const is = `sha256:${hex}`;
      if (locked.has(is)) return is;
      const [only] = locked;
      return locked.size === 1 && only !== undefined ? only : 'one of the hashes of the lock file';
    },
    knows: (file, hex) => byName(file) !== null || (hex !== null && locked.has(`sha256:${hex}`)),
  };
}
