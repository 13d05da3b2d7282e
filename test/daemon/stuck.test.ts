import { afterEach, expect, test } from 'vitest';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

test('a thread that cannot be ended, inside getaddrinfo, does not hold up the stop; what was known is committed', async () => {
  let closing = 0;
  const world = await startWorld({
    yaml: threeMirrors(),
    script: well,
    ports: (ports) => ({
      ...ports,
      workers(book) {
        const workers = ports.workers(book);
        return {
          ...workers,
          close() {
            closing += 1;
            return new Promise(() => undefined);
          },
        };
      },
    }),
  });
  await world.seconds(20);
  const before = world.time.nowMs();
  await world.stop();
  expect([closing, world.time.nowMs() - before]).toEqual([1, expect.closeTo(1_000, -3)]);
  expect(world.store.all('detector').length).toBeGreaterThan(0);
});
