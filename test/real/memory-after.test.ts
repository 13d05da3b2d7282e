import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { longJsonPage, releaseAt } from '../support/long-index.ts';
import { until } from '../support/patience.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

/** The promise of docs/operations.md, with the environment that the image and the systemd unit set. */
const moreMbMax = 30;
const env = { MALLOC_TRIM_THRESHOLD_: '131072' };
/** Project pages: of some 100 files, and of some 80 000. */
const pageOf = (bytes: number): Buffer => {
  const page = longJsonPage(bytes);
  return gzipSync(page.read(0, page.bytes));
};
const small = pageOf(50_000);
const large = pageOf(44 * 2 ** 20);
const largeCount = 20;

let server: Server;
let daemon: DaemonProcess;
let isLarge = false;
let served = { small: 0, large: 0 };

beforeAll(async () => {
  server = createServer((_, response) => {
    served = isLarge ? { ...served, large: served.large + 1 } : { ...served, small: served.small + 1 };
    response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
    response.setHeader('content-encoding', 'gzip');
    response.end(isLarge ? large : small);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`;
  daemon = await startDaemon({
    yaml: `
schedule: { every: 1s, timeout: 60s }
steps: { index: 1s }
mirrors: [{ name: a, ecosystem: pypi, url: "${url}" }]
modules: { pypi: ["big@${releaseAt(0)}"] }
`,
    env,
  });
});
afterAll(async () => {
  await daemon.close();
  server.close();
});

const rssMb = (): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]) / 1024;

test(`after ${largeCount} large pages the memory is within ${moreMbMax} MB of that before`, async () => {
  await until(
    'usual pages were read',
    () => served.small,
    (count) => count > 40,
  );
  const before = rssMb();
  isLarge = true;
  let most = before;
  await until(
    'large pages were read',
    () => {
      most = Math.max(most, rssMb());
      return served.large;
    },
    (count) => count >= largeCount + 2,
  );
  isLarge = false;
  const findings = await daemon.api<{ findings: readonly { kind: string }[] }>('findings');
  expect(findings.findings.filter(({ kind }) => kind === 'outage' || kind === 'refusal')).toEqual([]);
  // Else there was nothing to return.
  expect(most - before).toBeGreaterThan(5);
  const after = await until('memory goes back', rssMb, (mb) => mb < before + moreMbMax, { everyMs: 1_000 });
  console.log(`${before.toFixed(0)} → ${most.toFixed(0)} → ${after.toFixed(0)} MB`);
});
