import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Pins the images of Dockerfile and compose files by digest. It asks their registries, so it is for a release:
//
//   node tools/release/pins.ts            writes the digests that the registries have for the versions
//   node tools/release/pins.ts --check    writes nothing; fails where a digest is missing or another one

/** The files with images. The own image is built from the checkout, so it has no digest. */
export const filesWithImages = ['Dockerfile', 'docker-compose.yml', 'docker-compose.places.yml'] as const;

const pattern = /^(\s*image: |ARG NODE_IMAGE=)(?!mirrorwatch:)([\w./-]+:[\w.-]+)(@sha256:[0-9a-f]{64})?$/gm;

/** Lists the images of a file, with the digest that is written there; `null`: none. */
export function imagesIn(text: string): readonly { readonly name: string; readonly digest: string | null }[] {
  return [...text.matchAll(pattern)].map(([, , name = '', digest]) => ({ name, digest: digest?.slice(1) ?? null }));
}

/**
 * Returns the text with a digest for each image.
 * @throws Error if `digestOf` returns no digest
 */
export function withDigests(text: string, digestOf: (name: string) => string): string {
  return text.replace(pattern, (_, before: string, name: string) => {
    const digest = digestOf(name);
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${name}: no digest in ${JSON.stringify(digest)}`);
    return `${before}${name}@${digest}`;
  });
}

/** The digest of the index of an image, for all platforms, by its registry. */
export function digestAtRegistry(name: string): string {
  const args = ['buildx', 'imagetools', 'inspect', name, '--format', '{{.Manifest.Digest}}'];
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

if (import.meta.main) {
  for (const file of filesWithImages) {
    const path = join(import.meta.dirname, '../..', file);
    const before = readFileSync(path, 'utf8');
    const pinned = withDigests(before, digestAtRegistry);
    if (!process.argv.includes('--check')) writeFileSync(path, pinned);
    else if (pinned !== before) {
      console.error(`${file}: the digests are not those of the registries: run tools/release/pins.ts`);
      process.exitCode = 1;
    }
  }
}
