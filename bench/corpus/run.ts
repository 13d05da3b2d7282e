import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProgress } from '../progress.ts';
import { askPart } from './ask.ts';
import { openDebian } from './debian.ts';
import { openGo } from './go.ts';
import { openNpm } from './npm.ts';
import { openOci } from './oci.ts';
import { NothingHeld, type Part, packagesOf } from './part.ts';
import { openPypi } from './pypi.ts';
import { readRoots, type Wanted } from './roots.ts';
import { complaintsOf, type Row, tableOf } from './verdicts.ts';

// `npm run corpus`: content that is known to be well, asked by the daemon's own worker; see docs/verified-content.md.

const usage = `usage: npm run corpus -- [--dir FOLDER] [--roots FILE] [--count 300] [--only go,npm,pypi,debian,oci] [--take]
  --dir    where it is kept, and taken up again by the next run; default ~/.cache/mirrorwatch-corpus
  --roots  packages that are taken with their dependencies, as bench/corpus/roots.json (the default) names them
  --count  no further root is taken when so many packages are held; fewer than this is no success
  --take   only takes them, and asks nothing`;
const parts: Readonly<Record<Part['word'], (wanted: Wanted) => Promise<Part>>> = {
  go: openGo,
  npm: openNpm,
  pypi: openPypi,
  debian: openDebian,
  oci: openOci,
};

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: join(homedir(), '.cache', 'mirrorwatch-corpus') },
    roots: { type: 'string', default: join(import.meta.dirname, 'roots.json') },
    only: { type: 'string' },
    count: { type: 'string', default: '300' },
    take: { type: 'boolean', default: false },
  },
});
const chosen = values.only?.split(',') ?? Object.keys(parts);
const count = Number(values.count);
if (!chosen.every((word) => word in parts) || !Number.isInteger(count) || count < 1) {
  console.error(usage);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exit(await corpus());

async function corpus(): Promise<number> {
  const roots = readRoots(values.roots);
  const progress = startProgress();
  const rows: Row[] = [];
  const missing: string[] = [];
  for (const word of chosen as Part['word'][]) {
    try {
      const say = (what: string): void => progress.say(`${word}: ${what}`);
      const own = word === 'oci' ? [] : (roots[word] ?? []);
      const part = await parts[word]({ dir: join(values.dir, word), roots: own, count, say });
      rows.push(...(await playPart(part, progress)));
    } catch (error) {
      if (!(error instanceof NothingHeld)) throw error;
      missing.push(`${word}: ${error.message}`);
    }
  }
  progress.end();
  const complaints = [...missing, ...rows.flatMap((row) => complaintsOf(row, count))];
  if (rows.length > 0) console.log(`\n${tableOf(rows)}\n`);
  for (const line of complaints) console.log(line);
  return complaints.length === 0 ? 0 : 1;
}

async function playPart(part: Part, progress: ReturnType<typeof startProgress>): Promise<readonly Row[]> {
  try {
    for (const line of part.notServed) console.log(`${part.word}, left out: ${line}`);
    if (values.take) {
      progress.say(`${part.word}: ${packagesOf(part.modules)} packages, ${part.modules.length} items`);
      return [];
    }
    return await askPart(part, progress, (line) => console.log(line));
  } finally {
    await part.close();
  }
}
