import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Sets the version in all files that contain it: `node tools/release/version.ts 1.0.0`. After that, run `npm run
// generate` and `UPDATE_GOLDEN=1 npx vitest run --project real test/real/deploy/kubernetes.test.ts`.

const root = join(import.meta.dirname, '../..');

/** The files that contain the version, and the text before it in each file. */
export const placesOfVersion: readonly (readonly [file: string, before: RegExp])[] = [
  ['package.json', /^ {2}"version": "/m],
  ['package-lock.json', /^ {2}"version": "/m],
  ['package-lock.json', /^ {4}"": \{\n {6}"name": "mirrorwatch",\n {6}"version": "/m],
  ['openapi.yaml', /^ {2}version: /m],
  ['docker-compose.yml', /image: mirrorwatch:/],
  ['docker-compose.places.yml', /image: mirrorwatch:/],
  ['deploy/README.md', /docker build -t registry\.example\.com\/mirrorwatch:/],
  ['deploy/README.md', /docker push registry\.example\.com\/mirrorwatch:/],
  ['docs/guides/kubernetes.md', /docker build -t registry\.example\.com\/mirrorwatch:/],
  ['docs/guides/kubernetes.md', /docker push registry\.example\.com\/mirrorwatch:/],
  ['deploy/kubernetes/mirrorwatch/Chart.yaml', /^version: /m],
  ['deploy/kubernetes/mirrorwatch/Chart.yaml', /^appVersion: /m],
  ['deploy/kubernetes/mirrorwatch/values.yaml', /docker build -t REGISTRY\/mirrorwatch:/],
];

const version = /\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?/;

/**
 * The version that a file contains at that place.
 * @throws Error if it contains none
 */
export function versionAt([file, before]: (typeof placesOfVersion)[number]): string {
  const text = readFileSync(join(root, file), 'utf8');
  const found = new RegExp(`(?:${before.source})(${version.source})`, before.flags).exec(text)?.[1];
  if (found === undefined) throw new Error(`${file}: no version behind ${before.source}`);
  return found;
}

if (import.meta.main) {
  const [next = ''] = process.argv.slice(2);
  if (!new RegExp(`^${version.source}$`).test(next)) throw new Error(`${next} is no version: 1.0.0`);
  for (const place of placesOfVersion) {
    const [file, before] = place;
    const text = readFileSync(join(root, file), 'utf8');
    const pattern = new RegExp(`(${before.source})${version.source}`, before.flags);
    versionAt(place);
    writeFileSync(join(root, file), text.replace(pattern, `$1${next}`));
  }
}
