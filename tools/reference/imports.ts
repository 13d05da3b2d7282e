import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const source = join(import.meta.dirname, '../../src');

/** A mermaid drawing of the folders of src and their imports, without `core`. */
export function importsDrawing(): string {
  const edges = new Set<string>();
  for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )) {
    const from = folderOf(path);
    const text = readFileSync(join(source, path), 'utf8');
    for (const [, wanted = ''] of text.matchAll(/^(?:import|export)\b[^'";=]*?\bfrom\s*'(\.[^']+)'/gm)) {
      const to = folderOf(relative(source, resolve(source, path, '..', wanted)));
      // `..` stands for a file outside src (the texts).
      if (to !== from && to !== 'core' && to !== '..') edges.add(`  ${from} --> ${to}`);
    }
  }
  return ['```mermaid', 'flowchart TD', ...[...edges].toSorted(), '```'].join('\n');
}

function folderOf(path: string): string {
  return (path.split('/')[0] ?? '').replace(/\.ts$/, '');
}
