import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { registry } from '../../src/ecosystems/registry.ts';
import { startProgress } from '../progress.ts';
import { seedsOf } from '../scenarios/options.ts';
import { faults } from './faults.ts';
import { pageOf } from './page.ts';
import type { Soon, SoonTask } from './play.ts';

// Measures how soon the judge reacts to each fault in each ecosystem at the default intervals, and writes docs/how-soon.md.

const names = new Map([
  ['go', 'Go'],
  ['npm', 'npm'],
  ['pypi', 'Python'],
  ['oci', 'Container images'],
  ['cargo', 'Rust crates'],
  ['http', 'Debian and other files over HTTP'],
]);
const missing = registry.ids.filter((id) => !names.has(id));
if (missing.length > 0) throw new Error(`no name for ${missing.join(', ')}`);

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10' },
    workers: { type: 'string', default: '2' },
    out: { type: 'string', default: 'docs/how-soon.md' },
  },
});
const seeds = seedsOf('odd', Number(values.count));
const tasks: readonly SoonTask[] = [...names.keys()].flatMap((ecosystem) =>
  faults.flatMap(({ family }) => seeds.map((seed) => ({ ecosystem, family, seed }))),
);
const progress = startProgress();
const results = await playAll(Number(values.workers));
progress.end();
const shown = values.count === '10' ? '' : ` -- --count ${values.count}`;
writeFileSync(values.out, pageOf(results, names, `npm run how-soon${shown}`));

/** Plays all tasks on some threads. */
async function playAll(threads: number): Promise<readonly Soon[]> {
  const results: Soon[] = [];
  let next = 0;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./play.ts', import.meta.url));
      const take = () => {
        const task = tasks[next];
        next += 1;
        if (task !== undefined) worker.postMessage(task);
        else worker.terminate().then(() => resolve(), reject);
      };
      worker.on('error', reject);
      worker.on('message', (result: Soon) => {
        results.push(result);
        if (results.length % 50 === 0) progress.say(`${results.length} of ${tasks.length}`);
        take();
      });
      take();
    });
  await Promise.all(Array.from({ length: threads }, work));
  return results;
}
