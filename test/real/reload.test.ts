import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonProcess, startDaemon, yamlOfDeadMirror as yaml } from './daemon.ts';

/** A second of reading, about. */
const large = `${yaml}x: &x [${'k, '.repeat(50_000)}]\n`;

/** Clock ticks that a thread, or all of a process, has had so far. @see proc_pid_stat(5), fields 14 and 15 */
function ticks(file: string): number {
  const [, rest = ''] = readFileSync(file, 'utf8').split(') ');
  const fields = rest.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

describe('a reload of a large configuration', () => {
  let daemon: DaemonProcess;
  beforeAll(async () => {
    daemon = await startDaemon({ yaml });
  });
  afterAll(() => daemon?.close());

  test('is read by another thread than the one that answers', async () => {
    const { pid } = daemon;
    const own = (): number => ticks(`/proc/${pid}/task/${pid}/stat`);
    const all = (): number => ticks(`/proc/${pid}/stat`);
    const written = readFileSync(daemon.configFile, 'utf8');
    writeFileSync(daemon.configFile, written.replace(yaml, large));
    const before = { own: own(), all: all() };
    const refused = await daemon.post('/-/reload');
    const spent = { own: own() - before.own, all: all() - before.all };
    expect(refused.text).toContain('one of the keys');
    expect(spent.all).toBeGreaterThan(20);
    expect(spent.own / spent.all).toBeLessThan(0.25);
    writeFileSync(daemon.configFile, written);
    expect(await daemon.post('/-/reload')).toMatchObject({ status: 200 });
  });
});

test('a file that is gone from the working folder, as between two renames of a save, is no reason for the built-in default', async () => {
  const daemon = await startDaemon({ yaml, isUnnamed: true });
  rmSync(daemon.configFile);
  const refused = await daemon.post('/-/reload');
  await daemon.close();
  expect(refused.text).toContain('ENOENT');
});
