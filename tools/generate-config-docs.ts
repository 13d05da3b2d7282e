// Writes docs/configuration.md and docs/mirrorwatch.schema.json from the schema. With --check it writes nothing, and
// exits with 1 if a file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { configReference, configSchemaText } from './config-reference.ts';

const pages = [
  { path: 'docs/configuration.md', text: configReference() },
  { path: 'docs/mirrorwatch.schema.json', text: configSchemaText() },
];
const root = new URL('../', import.meta.url);

if (process.argv.includes('--check')) {
  const stale = pages.filter(({ path, text }) => readFileSync(new URL(path, root), 'utf8') !== text);
  for (const { path } of stale)
    console.error(`${path} differs from src/config/schema.ts: run node tools/generate-config-docs.ts`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { path, text } of pages) writeFileSync(new URL(path, root), text);
}
