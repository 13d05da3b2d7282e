import { createHash } from 'node:crypto';

/** One hashed file: its name in the zip, and the SHA-256 of its content in lower-case hex. */
export interface HashedFile {
  readonly name: string;
  readonly sha256Hex: string;
}

/**
 * Computes Go's `h1:` hash of files. Their order does not matter.
 * @returns `null` if a name contains a line feed: then Go defines no hash
 * @see docs/protocols/go.md#the-hash-h1
 */
export function h1Of(files: readonly HashedFile[]): string | null {
  if (files.some((file) => file.name.includes('\n'))) return null;
  const sorted = files.map((file) => ({ file, bytes: Buffer.from(file.name) }));
  sorted.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const all = createHash('sha256');
  for (const { file } of sorted) all.update(`${file.sha256Hex}  ${file.name}\n`);
  return `h1:${all.digest('base64')}`;
}

/** Computes Go's `h1:` hash of a go.mod: the hash of one file with the name `go.mod`. */
export function h1OfMod(body: Uint8Array): string {
  const all = createHash('sha256').update(`${sha256HexOf(body)}  go.mod\n`);
  return `h1:${all.digest('base64')}`;
}

export function sha256HexOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
