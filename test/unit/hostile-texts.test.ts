import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/patience.ts';

/** With a pattern of second degree, one of these texts takes hours. */
test('1 MiB of a hostile text is read to its end by each reader of foreign texts', async () => {
  const read: (string | null)[] = [];
  const broken: unknown[] = [];
  const thread = new Worker(new URL('./hostile-texts.ts', import.meta.url), { execArgv: [] });
  onTestFinished(async () => void (await thread.terminate()));
  thread.on('message', (name: string | null) => void read.push(name));
  thread.on('error', (thrown) => void broken.push(thrown));
  await until(
    'all texts are read',
    () => read.at(-1),
    (last) => last === null || broken.length > 0,
    { help: () => `read: ${read.join(', ')}` },
  );
  expect(broken).toEqual([]);
  expect(read.length).toBeGreaterThan(10);
});
