import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { isFilePath } from './format.ts';

/** Matches the names of files whose content never changes. `list` matches the exceptions: lists of packages. */
const packed =
  /\.(?:deb|udeb|dsc|rpm|drpm|apk|jar|war|aar|crate|gem|conda|whl|egg|zip|iso|img|exe|msi|tgz|7z|(?:tar|pkg\.tar|src\.tar|diff)\.(?:gz|bz2|xz|zst|lz|lz4)|tar|tar\.lzma)$/i;
const list = /(?:^|\/)(?:APKINDEX\.tar\.gz|[^/]+\.(?:db|files)\.tar\.[a-z0-9]+)$/;

/** Matches the path of an index that apt requests by its SHA-256. */
const byHash = /\/by-hash\/SHA256\/([0-9a-f]{64})$/;

function readFilePath(path: string): DoorPath | null {
  if (!isFilePath(path)) return null;
  const isPacked = packed.test(path) && !list.test(path);
  const sha256 = byHash.exec(path)?.[1];
  const kind = isPacked || path.endsWith('/download') ? 'artifact' : 'index';
  return { module: path, kind, ...(sha256 !== undefined && { sha256 }) };
}

const patterns: DoorPatterns = { paths: '.+', privateOf: () => '$' };

export const httpDoor: DoorPaths = { prefix: 'http', staysTogether: true, patterns, read: readFilePath };
