import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProgress } from '../progress.ts';
import { askPart } from './ask.ts';
import { openDebian } from './debian.ts';
import { openGo } from './go.ts';
import { openNpm } from './npm.ts';
import { openOci } from './oci.ts';
import { NothingHeld, type Part } from './part.ts';
import { openPypi } from './pypi.ts';
import { complaintsOf, type Row, tableOf } from './verdicts.ts';

// `npm run corpus`: content that is known to be well, asked by the daemon's own worker; see docs/verified-content.md.

const usage = 'npm run corpus -- [--dir FOLDER] [--images 300] [--only go,npm,pypi,debian,oci]';
const parts: Readonly<Record<Part['word'], (dir: string, images: number) => Promise<Part>>> = {
  go: openGo,
  npm: openNpm,
  pypi: openPypi,
  debian: openDebian,
  oci: openOci,
};

const { values } = parseArgs({
  options: { dir: { type: 'string' }, only: { type: 'string' }, images: { type: 'string', default: '300' } },
});
const chosen = values.only?.split(',') ?? Object.keys(parts);
if (!chosen.every((word) => word in parts)) {
  console.error(usage);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exit(await corpus(values.dir ?? join(homedir(), '.cache', 'mirrorwatch-corpus')));

async function corpus(dir: string): Promise<number> {
  const progress = startProgress();
  const rows: Row[] = [];
  const missing: string[] = [];
  for (const word of chosen as Part['word'][]) {
    try {
      progress.say(`${word}: opening`);
      rows.push(...(await playPart(await parts[word](dir, Number(values.images)), progress)));
    } catch (error) {
      if (!(error instanceof NothingHeld)) throw error;
      missing.push(`${word}: ${error.message}`);
    }
  }
  progress.end();
  const complaints = [...missing, ...rows.flatMap(complaintsOf)];
  console.log(`\n${tableOf(rows)}\n`);
  for (const line of complaints) console.log(line);
  return complaints.length === 0 ? 0 : 1;
}

async function playPart(part: Part, progress: ReturnType<typeof startProgress>): Promise<readonly Row[]> {
  try {
    for (const line of part.notServed) console.log(`${part.word}, left out: ${line}`);
    return await askPart(part, progress, (line) => console.log(line));
  } finally {
    await part.close();
  }
}
