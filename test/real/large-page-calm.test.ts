import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseAt } from '../support/long-index.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { until } from '../support/patience.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

// A daemon with little load keeps V8's optimizing compilers off: its first page then takes 80 ms of CPU time for each MiB.

/** A project page of some 20 000 files. */
const bytes = 12 * 2 ** 20;

let server: PageServer;
let daemon: DaemonProcess;

beforeAll(async () => {
  server = await startPageServer([bytes]);
  daemon = await startDaemon({
    yaml: `
schedule: { every: 10s, timeout: 60s }
steps: { index: 10s }
mirrors: [{ name: a, ecosystem: pypi, url: "${server.url}/simple/" }]
modules: { pypi: ["big@${releaseAt(0)}"] }
`,
    isAsShipped: true,
  });
});
afterAll(async () => {
  await daemon.close();
  server.close();
});

test('large pages of a healthy mirror, read by a calm daemon, are no fault of the mirror', async () => {
  // The fifth is asked for when four were read.
  await until(
    'several pages were read',
    () => server.served(bytes),
    (count) => count >= 5,
    { everyMs: 500, help: () => daemon.log() },
  );
  const { findings } = await daemon.api<{ findings: readonly { kind: string; cause: string }[] }>('findings');
  expect(findings.map(({ kind, cause }) => `${kind}: ${cause}`)).toEqual([]);
  expect(daemon.log()).not.toMatch(/held a probing thread/);
});
