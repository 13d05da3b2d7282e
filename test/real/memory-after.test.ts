import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseAt } from '../support/long-index.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { until } from '../support/patience.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

/** The promise of docs/operations.md, with what the image and the systemd unit set. */
const moreMbMax = 30;
const env = { MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_ARENA_MAX: '2' };
/** Project pages: of some 100 files, and of some 80 000. */
const pageBytes = { small: 50_000, large: 44 * 2 ** 20 };
const largeCount = 6;
let server: PageServer;
let daemon: DaemonProcess;

beforeAll(async () => {
  server = await startPageServer([pageBytes.small, pageBytes.large]);
  daemon = await startDaemon({
    yaml: `
schedule: { every: 250ms, timeout: 60s }
steps: { index: 250ms }
mirrors: [{ name: a, ecosystem: pypi, url: "${server.url}/simple/" }]
modules: { pypi: ["big@${releaseAt(0)}"] }
`,
    env,
    isAsShipped: true,
  });
});
afterAll(async () => {
  await daemon.close();
  server.close();
});

const rssMb = (): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]) / 1024;

/**
 * Under load the daemon turns V8's compilers on, which stay on and take some 20 MB (docs/decisions/0023). The load of
 * the large pages would do so: they are on before, too.
 */
async function turnCompilersOn(): Promise<void> {
  const cpuSeconds = async (): Promise<number> => (await daemon.metrics()).get('process_cpu_seconds_total') ?? 0;
  const [fromMs, fromSeconds] = [performance.now(), await cpuSeconds()];
  await until(
    'the daemon is under load',
    async () => (await cpuSeconds()) - fromSeconds - (0.1 * (performance.now() - fromMs)) / 1_000,
    (excessSeconds) => excessSeconds > 2,
    { everyMs: 1 },
  );
}

test(`after ${largeCount} large pages the memory is within ${moreMbMax} MB of that before`, async () => {
  await until(
    'usual pages were read',
    () => server.served(pageBytes.small),
    (count) => count > 20,
  );
  await turnCompilersOn();
  // The least, since garbage comes and goes.
  let before = Number.POSITIVE_INFINITY;
  const pagesThen = server.served(pageBytes.small);
  await until(
    'usual pages were read by a busy daemon',
    () => {
      before = Math.min(before, rssMb());
      return server.served(pageBytes.small) - pagesThen;
    },
    (count) => count > 30,
  );
  server.serve(pageBytes.large);
  let most = before;
  await until(
    'large pages were read',
    () => {
      most = Math.max(most, rssMb());
      return server.served(pageBytes.large);
    },
    (count) => count >= largeCount + 2,
  );
  server.serve(pageBytes.small);
  const findings = await daemon.api<{ findings: readonly { kind: string }[] }>('findings');
  const kinds = findings.findings.map(({ kind }) => kind);
  expect(kinds.filter((kind) => ['outage', 'refusal', 'unreliable'].includes(kind))).toEqual([]);
  // Else there was nothing to return.
  expect(most - before).toBeGreaterThan(5);
  const after = await until('memory goes back', rssMb, (mb) => mb < before + moreMbMax, {
    everyMs: 1_000,
    help: () => `${before} → ${most} MB\n${readFileSync(`/proc/${daemon.pid}/status`, 'utf8')}${daemon.log()}`,
  });
  console.log(`${before.toFixed(0)} → ${most.toFixed(0)} → ${after.toFixed(0)} MB`);
});
