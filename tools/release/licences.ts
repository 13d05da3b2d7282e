import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that an installation contains, with its licence. */
export interface Licensed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The text of its licence file; `null`: the package has none. */
  readonly text: string | null;
}

interface Locked {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** Paths of the packages in the lock file that are not only for development, such as `node_modules/zod`. */
export function installedPaths(root: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const isNeeded = ({ dev, optional, devOptional }: Locked): boolean => !dev && !optional && !devOptional;
  return Object.entries(packages).flatMap(([path, locked]) => (path !== '' && isNeeded(locked) ? [path] : []));
}

/** The packages of `installedPaths`, read from `node_modules` and sorted by name. */
export function licencesOf(root: string): readonly Licensed[] {
  return installedPaths(root)
    .map((path) => {
      const folder = join(root, path);
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$|-)/i.test(one));
      const text = file === undefined ? null : readFileSync(join(folder, file), 'utf8').trim();
      return { name, version, licence: typeof license === 'string' ? license : 'unknown', text };
    })
    .sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

/** A list of all licences, then their texts. */
export function licencesText(all: readonly Licensed[]): string {
  const list = all.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const texts = all.flatMap(({ name, version, text }) =>
    text === null ? [] : [`${'='.repeat(72)}\n${name} ${version}\n\n${text}\n`],
  );
  return `${list.join('\n')}\n\n${texts.join('\n')}`;
}
