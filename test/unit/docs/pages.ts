import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from '../../support/paths.ts';

/** One fenced block of a page. */
export interface Block {
  /** The page, from the root. */
  readonly page: string;
  /** The line of the page where its text begins, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The file that its first line names (`# config/mirrorwatch.yaml`); `null`: none. */
  readonly file: string | null;
}

const folders = ['', 'deploy/', 'docs/', 'docs/guides/', 'docs/protocols/'];
/** Held to their code by other tests, or about writing code. */
const others = ['docs/cli.md', 'docs/api.md', 'docs/adding-an-ecosystem.md', 'docs/configuration.md'];

/** Every page whose blocks people copy. */
export const pages: readonly string[] = folders.flatMap((folder) =>
  readdirSync(join(repoDir, folder))
    .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
    .map((name) => `${folder}${name}`)
    .filter((path) => !others.includes(path)),
);

/** The fenced blocks of a page, in its order. */
export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(repoDir, page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, language = '', body = ''] = found;
    return {
      page,
      line: text.slice(0, found.index).split('\n').length + 1,
      language,
      text: body,
      file: /^(?:#|\/\/) (\S+\.\w+|Jenkinsfile)$/m.exec(body.split('\n')[0] ?? '')?.[1] ?? null,
    };
  });
}

/** Every block of every page. */
export const blocks: readonly Block[] = pages.flatMap(blocksOf);

/** The names that headings of a page have as targets of links. */
export function anchorsOf(path: string): ReadonlySet<string> {
  const text = readFileSync(path, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  const headings = [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}_\s-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
  return new Set(headings);
}
