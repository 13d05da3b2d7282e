/** A server of a part, and the real client that installs from it. */
export interface Served {
  /** Name of the mirror in the configuration. */
  readonly name: string;
  /** On loopback. */
  readonly url: string;
  /** Further keys of the mirror. */
  readonly keys?: Readonly<Record<string, unknown>>;
  /** The real client fetches these modules from it, with an empty cache, and checks their hashes. @returns those that arrived */
  install(modules: readonly string[]): Promise<ReadonlySet<string>>;
}

/** A package in one version, or a file. */
export interface Item {
  readonly name: string;
  /** The package without its version; `null`: it is a file of the server itself. */
  readonly package: string | null;
  /** As the configuration writes it. */
  readonly written: unknown;
}

/** What the corpus has of one ecosystem, served. */
export interface Part {
  readonly word: 'go' | 'npm' | 'pypi' | 'debian' | 'oci';
  readonly ecosystem: string;
  readonly modules: readonly Item[];
  /** The servers, each with the same content. */
  readonly servers: readonly Served[];
  /** Further keys of the configuration. */
  readonly keys?: Readonly<Record<string, unknown>>;
  /** Lock files, whose hashes count. */
  readonly locks?: readonly string[];
  /** True for a step that is not asked of a module, because the corpus holds only a part of what it asks for. */
  isLeftOut?(step: string, name: string | null): boolean;
  /** What was found but could not be served as it is, and why. */
  readonly notServed: readonly string[];
  close(): Promise<void>;
}

/** An item whose name and version stand on both sides of a mark, as `name@version`. */
export function itemOf(name: string, mark: '@' | '==' | ':'): Item {
  return { name, package: name.slice(0, name.lastIndexOf(mark)), written: name };
}

/** How many packages these are, in whatever versions. */
export function packagesOf(items: readonly Item[]): number {
  return new Set(items.flatMap((item) => item.package ?? [])).size;
}

/** There is nothing of this ecosystem on the machine. */
export class NothingHeld extends Error {}

/**
 * Those of `items` that a client gets when it gets everything or fails as a whole: a failed lot is halved.
 * @param fetchAll  true: all of them arrived
 */
export async function arrivedOf(
  items: readonly string[],
  fetchAll: (items: readonly string[]) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  if (items.length === 0) return new Set();
  if (await fetchAll(items)) return new Set(items);
  if (items.length === 1) return new Set();
  const half = items.length >> 1;
  const [first, second] = [
    await arrivedOf(items.slice(0, half), fetchAll),
    await arrivedOf(items.slice(half), fetchAll),
  ];
  return first.union(second);
}
