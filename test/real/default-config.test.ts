import { afterAll, beforeAll, expect, test } from 'vitest';
import { addNamespace, removeNamespace } from '../support/namespace.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Advices, Mirrors } from './views.ts';

// Only ever in a namespace without a way out: the built-in default names public mirrors.
real('the built-in default configuration where nothing can be reached', ['netns'], () => {
  let ns: string;
  let daemon: DaemonProcess;
  beforeAll(async () => {
    ns = await addNamespace();
    daemon = await startDaemon({ yaml: null, ns });
  });
  afterAll(async () => {
    await daemon?.close();
    if (ns !== undefined) await removeNamespace(ns);
  });

  test('it stays up, says that it is the vantage, points to demo, and gives no advice', async () => {
    const metrics = await until(
      'the vantage is suspect',
      daemon.metrics,
      (all) => all.get('mirror_vantage_suspect') === 1,
      { everyMs: 1000, help: daemon.log },
    );
    const page = await daemon.get('/');
    const { mirrors } = await daemon.api<Mirrors>('mirrors');
    const { advice } = await daemon.api<Advices>('advice');
    expect(metrics.get('mirrorwatch_state_writable')).toBe(1);
    expect(page.text).toContain('mirrorwatch demo');
    expect(mirrors.map(({ state }) => state)).not.toContain('down');
    expect(advice.filter(({ state }) => state !== 'refused')).toEqual([]);
    expect(daemon.log()).toContain('mirrorwatch demo');
    expect((await daemon.get('/-/healthy')).status).toBe(200);
  });

  test('it exits 0 on SIGTERM', async () => expect(await daemon.stop()).toBe(0));
});
