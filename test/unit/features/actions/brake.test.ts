import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDisk } from '../../../../bench/soak/disk.ts';
import { actorIn } from './acting.ts';
import { eachFolder } from './each-folder.ts';

const folder = eachFolder();

describe('the brake', () => {
  it('holds over a restart, in a file of no bytes', () => {
    const actor = actorIn(folder());
    expect(actor.isStopped()).toBe(false);
    expect(actor.keepStopped(true)).toBe(true);
    expect(statSync(join(folder(), 'kept/stopped')).size).toBe(0);
    expect(actorIn(folder()).isStopped()).toBe(true);
    actor.keepStopped(false);
    expect(actorIn(folder()).isStopped()).toBe(false);
  });
  it('is set and released on a full disk', () => {
    const disk = openDisk();
    try {
      if (disk.canFail) disk.fill();
      const actor = actorIn(disk.dir);
      expect(actor.keepStopped(true)).toBe(true);
      expect(actorIn(disk.dir).isStopped()).toBe(true);
      expect(actor.keepStopped(false)).toBe(true);
      expect(actorIn(disk.dir).isStopped()).toBe(false);
    } finally {
      disk.close();
    }
  });
  it('is held if it is unknown whether the value is set', () => {
    symlinkSync('kept', join(folder(), 'kept'));
    expect(actorIn(folder()).isStopped()).toBe(true);
  });
  it('says so where the disk does not take it', () => {
    writeFileSync(join(folder(), 'kept'), 'no folder');
    expect(actorIn(folder()).keepStopped(true)).toBe(false);
    expect(actorIn(folder()).isStopped()).toBe(false);
  });
});
