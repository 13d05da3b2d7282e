import { afterEach, expect, test } from 'vitest';
import { but, threeMirrors } from './three-mirrors.ts';
import { adviceOf } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

test('a gateway that responds 504 after 3 s is named by its status, although confirming probes end after 1.5 s', async () => {
  const script = but({ status: 504, afterMs: 3_000 }, 'a', 1_800);
  const world = await startWorld({ yaml: threeMirrors({ every: '30s' }), script });
  await world.seconds(1_860);
  const { findings } = (await world.get('/api/v1/findings')).json<{ findings: { cause: string; text: string }[] }>();
  expect(findings).toMatchObject([{ cause: 'server', text: expect.stringContaining('server, HTTP 504') }]);
  const [advice] = (await adviceOf(world)) as readonly { reason?: string }[];
  expect(advice?.reason).toContain('server, HTTP 504');
});
