import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';
import { openStore } from '../../../src/io/store.ts';
import { createResponses } from '../../../src/state/answers.ts';
import { tempDir } from '../../support/paths.ts';
import { sampleOf } from '../state/sample.ts';
import { run } from './run-program.ts';

const cwd = tempDir('check-sizes');

const modules = Array.from({ length: 60 }, (_, at) => `example.com/m${at}@v1.0.0`);
writeFileSync(
  join(cwd, 'mirrorwatch.yaml'),
  `mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]
controls: [ "tcp://192.0.2.1:53" ]
modules: { go: [ ${modules.join(', ')} ] }
steps: { mod: 1h, list: 7d, info: 7d, latest: 7d }
go: { sumdb: off }
state: { path: ./state.db }
`,
);

async function check() {
  const { code, out, err } = await run(['check'], { cwd });
  const { out: json } = await run(['check', '--json'], { cwd });
  const [budget] = (JSON.parse(json) as { budget: { bytesPerHour: number; unknownSizes: number }[] }).budget;
  return { code, out, err, budget };
}

test('the forecast has the sizes of the responses that the state file holds', async () => {
  const before = await check();
  expect(before.budget?.unknownSizes).toBe(60);
  expect(before.err).toMatch(/saw \d+MiB an hour planned for .* \(60 downloads of unknown size count as 1MiB each\)/);
  expect(before.out).toContain('60 downloads have an unknown size and count as 1 MiB each.');

  const now = { monotonicMs: 2_000, wallMs: systemClock.wallMs() };
  const answers = createResponses({ id: 'life', startedAt: now }, 'settings');
  const ask = (module: string, step: string, bytes: number, over: Parameters<typeof sampleOf>[0] = {}) => {
    const [name = '', version = ''] = module.split('@');
    const target = { id: `a|${name}|${version}|${step}`, module: name, version, step };
    answers.probed(sampleOf({ bytes, ...over }, target), now);
  };
  for (const module of modules) {
    ask(module, 'zip', 5_000_000);
    ask(module, 'zip', 32_768);
    ask(module, 'zip', 900, {
      outcome: { tag: 'failed', failure: { kind: 'cut', phase: 'transfer', bytesRead: 900 } },
    });
    ask(module, 'mod', 100);
  }
  const opened = openStore(join(cwd, 'state.db'), { clock: systemClock });
  if (opened.tag === 'error') throw new Error(opened.error.kind);
  opened.value.store.commit({ puts: answers.rows(), deletes: [] });
  const after = await check();
  opened.value.store.close();
  expect(after.budget?.unknownSizes).toBe(0);
  // The canary is requested each half minute, the other 59 each hour.
  const saved = 60 * (2 ** 20 - 32_768) + (120 + 59) * (4_000 - 100);
  expect((before.budget?.bytesPerHour ?? 0) - (after.budget?.bytesPerHour ?? 0)).toBeCloseTo(saved);
  expect([after.code, after.err]).toEqual([0, '']);
  expect(after.out).not.toContain('unknown size');
});
