import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createActionsWatch } from '../../../../bench/soak/watch/actions.ts';
import { tempDir } from '../../../support/paths.ts';
import { run } from '../../../support/process.ts';

it('finds half a file, a mirror that is not configured, what is left behind, and an attempt that ran twice', async () => {
  const dir = tempDir('soak-actions');
  const watch = createActionsWatch(dir, ['http://127.0.0.1:1/', 'direct', 'off']);
  expect(watch.look()).toEqual([]);
  writeFileSync(join(dir, 'go.env'), 'GOPROXY=http://127.0.0.1:1|direct\n');
  expect(watch.look()).toEqual([]);
  writeFileSync(join(dir, 'go.env'), 'GOPROXY=http://127.0.0.1:2|direct\n');
  expect(watch.look()).toEqual(['a mirror that is not configured: http://127.0.0.1:2']);
  writeFileSync(join(dir, 'go.env'), 'GOPROXY=http://127');
  expect(watch.look()).toEqual(['half a file: "GOPROXY=http://127"']);
  writeFileSync(join(dir, 'go.env'), 'GOPROXY=off\n');
  const env = { MIRRORWATCH_ACTION_ID: 'a.log', MIRRORWATCH_EVENT: 'act', MIRRORWATCH_ATTEMPT: '1' };
  await run(join(dir, 'log.sh'), [], { env });
  expect(readFileSync(join(dir, 'log'), 'utf8')).toBe('a.log act 1\n');
  expect(watch.look()).toEqual([]);
  await run(join(dir, 'log.sh'), [], { env });
  expect(watch.look()).toEqual(['twice: a.log act 1']);
  writeFileSync(join(dir, 'log'), '');
  writeFileSync(join(dir, 'go.env.mirrorwatch-0123abcd'), '');
  for (let look = 0; look < 300; look += 1) expect(watch.look()).toEqual([]);
  expect(watch.look()).toEqual(['left behind: go.env.mirrorwatch-0123abcd']);
});
