import { limits } from '../../../core/limits.ts';
import type { IndexAt, ListedFile, PackageFile } from '../profile.ts';

/** Most clients have the first. */
const architectures = ['amd64', 'arm64'];

interface Index extends ListedFile {
  /** `main/binary-amd64/Packages.gz`. */
  readonly name: string;
  readonly folder: string;
  readonly rank: number;
}

/**
 * One index of packages in a Release file: of `main` and of the commonest architecture where it has them, packed by gzip
 * where it is. By its hash where the archive keeps it so, as apt asks: then it is there whatever is being synchronised.
 */
export function indexIn(path: string, list: Uint8Array): IndexAt | null {
  const [, root = null, suite = ''] = /^((?:.*\/)?)(dists\/[^/]+(?:\/updates)?)\/(?:In)?Release$/.exec(path) ?? [];
  if (root === null) return null;
  const text = Buffer.from(list).toString('latin1');
  const [best] = indexesIn(text).toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  if (best === undefined) return null;
  const { sha256, bytes, name, folder } = best;
  const at = `${root}${suite}/`;
  const byHash = /^Acquire-By-Hash: yes$/m.test(text) ? [`${at}${folder}/by-hash/SHA256/${sha256}`] : [];
  return { paths: [...byHash, `${at}${name}`], file: { sha256, bytes }, isPacked: name.endsWith('.gz'), root };
}

/** Lines of the sums: ` <sha256> <bytes> <component>/binary-<architecture>/Packages[.gz]`. */
function indexesIn(text: string): readonly Index[] {
  const found: Index[] = [];
  for (const [, sha256 = '', size = '', name = '', folder = '', component, architecture = '', packed] of text.matchAll(
    /^ ([0-9a-f]{64}) +(\d{1,15}) ((([\w.-]+)\/binary-([\w-]+))\/Packages(\.gz)?)$/gm,
  )) {
    const bytes = Number(size);
    if (bytes === 0 || bytes > limits.packageIndexBytes) continue;
    const known = architectures.indexOf(architecture);
    const rank =
      (component === 'main' ? 0 : 100) +
      2 * (known < 0 ? architectures.length : known) +
      (packed === undefined ? 1 : 0);
    found.push({ sha256, bytes, name, folder, rank });
  }
  return found;
}

/** The fields of a stanza that say where its package is, and what. */
export function packageIn(stanza: string): PackageFile | null {
  const [, path] = /^Filename: (?:\.\/)?(\S+)$/m.exec(stanza) ?? [];
  const [, bytes] = /^Size: (\d{1,15})$/m.exec(stanza) ?? [];
  const [, sha256] = /^SHA256: ([0-9a-f]{64})$/m.exec(stanza) ?? [];
  return path === undefined || bytes === undefined || sha256 === undefined
    ? null
    : { path, bytes: Number(bytes), sha256 };
}
