import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiPage } from './reference/api-page.ts';
import { cliPage } from './reference/cli-page.ts';
import { importsDrawing } from './reference/imports.ts';
import { manPage } from './reference/man-page.ts';
import { reasonsPage } from './reference/reasons-page.ts';
import { walksDrawing } from './reference/walks.ts';

// Writes the generated pages and files: docs/cli.md, docs/api.md, docs/reasons.md, the drawings of imports in
// docs/architecture.md, and the man page.

const root = join(import.meta.dirname, '..');

/** The text of every generated file, by its path from the root. */
export async function referenceFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/cli.md', await cliPage()],
    ['docs/api.md', apiPage()],
    ['docs/reasons.md', reasonsPage()],
    ['docs/architecture.md', architecture()],
    ['man/mirrorwatch.1', await manPage()],
  ]);
}

/** The hand-written page, with the generated drawings at its end. */
function architecture(): string {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const [mark = ''] = /^<!-- imports: .* -->$/m.exec(page) ?? [];
  if (mark === '') throw new Error('docs/architecture.md has lost the mark of its drawing');
  return `${page.slice(0, page.indexOf(mark) + mark.length)}\n\n${importsDrawing()}\n\n${walksDrawing()}`;
}

if (import.meta.main)
  for (const [path, text] of await referenceFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
