import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, expect, test, vi } from 'vitest';
import { threeMirrors, well } from './three-mirrors.ts';
import { metric } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await stopWorlds();
});

test('without /proc the gauge of memory is absent, and all else is there', async () => {
  const world = await startWorld({ yaml: threeMirrors(), script: well });
  await world.seconds(1);
  expect(await metric(world, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  const read = fs.readFileSync;
  vi.spyOn(fs, 'readFileSync').mockImplementation(((path: string, ...more: []) => {
    if (String(path).startsWith('/proc/')) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
    return read(path, ...more);
  }) as typeof fs.readFileSync);
  syncBuiltinESMExports();
  await world.seconds(10);
  expect((await world.get('/metrics')).status).toBe(200);
  expect(await metric(world, 'process_resident_memory_bytes')).toBeNull();
  expect(await metric(world, 'mirrorwatch_state_writable')).toBe(1);
});
