import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeTimeLibrary } from '../../test/support/paths.ts';

/** The wall clock of the daemon, which can be set; the monotonic one goes on. */
export interface FakeClock {
  /** Whether it can be set; `false`: no libfaketime on this machine. */
  readonly canJump: boolean;
  /** What the daemon's process needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Beside the true time. */
  readonly set: (offsetSeconds: number) => void;
}

/** @see faketime(1): FAKETIME_TIMESTAMP_FILE is read at each look at the clock where nothing is cached */
export function openClock(dir: string): FakeClock {
  const library = fakeTimeLibrary();
  const file = join(dir, 'clock');
  const set = (offsetSeconds: number): void => writeFileSync(file, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
  if (library === null) return { canJump: false, env: {}, set: () => undefined };
  set(0);
  return {
    canJump: true,
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    set,
  };
}
