import { readForeignUrl } from '../../core/url.ts';

/** Returns the folder of a crate's index file: `1`, `2`, `3/u` or `se/rd`. */
function folderOf(name: string): string {
  if (name.length < 3) return `${name.length}`;
  return name.length === 3 ? `3/${name[0]}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}

/**
 * Returns the path of a crate's index file, below the URL of the index.
 * @see https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files
 */
export function indexPathOf(name: string): string {
  const lower = name.toLowerCase();
  return `${folderOf(lower)}/${lower}`;
}

/**
 * Returns the URL at which cargo downloads a crate; `null`: `dl` gives no HTTP URL, or one with a user name.
 * @param dl   the key of config.json
 * @param sum  the SHA-256 of the crate, lower-case hex
 * @see https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration
 */
export function downloadUrlOf(dl: string, crate: string, version: string, sum: string): string | null {
  const prefix = folderOf(crate);
  const values = { crate, version, prefix, lowerprefix: prefix.toLowerCase(), 'sha256-checksum': sum };
  const known = new Map(Object.entries(values));
  const text = dl.replaceAll(/\{([a-z0-9-]+)\}/g, (mark, key: string) => known.get(key) ?? mark);
  const url = readForeignUrl(text === dl ? `${dl}/${crate}/${version}/download` : text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== '') return null;
  url.hash = '';
  return url.href;
}
