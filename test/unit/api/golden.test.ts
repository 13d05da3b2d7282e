import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fixture } from './fixture-deps.ts';
import { serve } from './server.ts';

const folder = join(import.meta.dirname, '../../golden');
const served = await serve(fixture().deps);
afterAll(() => served.close());

it.each([
  ['api-mirrors', '/api/v1/mirrors'],
  ['api-targets', '/api/v1/targets?registry=coast&limit=2'],
  ['api-findings', '/api/v1/findings?state=all'],
  ['api-advice', '/api/v1/advice'],
  ['api-probe', '/api/v1/probes/p-campus-mod-0'],
  ['api-problem', '/api/v1/probes/nope'],
])('%s is as it was; UPDATE_GOLDEN=1 rewrites', async (name, path) => {
  const text = `${JSON.stringify((await served.ask(path)).json(), null, 2)}\n`;
  const file = join(folder, `${name}.golden.json`);
  if (process.env['UPDATE_GOLDEN']) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});
