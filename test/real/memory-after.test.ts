import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { longJsonPage, releaseAt } from '../support/long-index.ts';
import { until } from '../support/patience.ts';
import { tinyWheel } from '../support/pypi-index.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

/** The promise of docs/operations.md, with what the image and the systemd unit set. */
const moreMbMax = 30;
const env = { MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_ARENA_MAX: '2' };
/** Project pages: of some 100 files, and of some 80 000. */
const pageBytes = { small: 50_000, large: 44 * 2 ** 20 };
const largeCount = 20;
/** Every file, so only the pages grow: a file that fails is tried again, in a thread of its own. */
const wheel = tinyWheel('big', releaseAt(0));

interface File {
  readonly filename: string;
}

/** A page whose first release can be fetched from `origin`. */
function pageOf(bytes: number, origin: string): Buffer {
  const page = longJsonPage(bytes);
  const { files, ...rest } = JSON.parse(page.read(0, page.bytes).toString()) as { files: readonly File[] };
  const served = files.map((file) =>
    file.filename.startsWith(`big-${releaseAt(0)}-`)
      ? {
          ...file,
          url: `${origin}/files/${file.filename}`,
          size: wheel.bytes.length,
          hashes: { sha256: wheel.sha256 },
          'core-metadata': true,
        }
      : file,
  );
  return gzipSync(JSON.stringify({ ...rest, files: served }));
}

let server: Server;
let daemon: DaemonProcess;
let isLarge = false;
let served = { small: 0, large: 0 };

beforeAll(async () => {
  let pages: Readonly<Record<keyof typeof pageBytes, Buffer>> = { small: Buffer.alloc(0), large: Buffer.alloc(0) };
  server = createServer(({ url }, response) => {
    if (url?.startsWith('/files/')) {
      response.end(url.endsWith('.metadata') ? wheel.metadata : wheel.bytes);
      return;
    }
    served = isLarge ? { ...served, large: served.large + 1 } : { ...served, small: served.small + 1 };
    response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
    response.setHeader('content-encoding', 'gzip');
    response.end(isLarge ? pages.large : pages.small);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pages = { small: pageOf(pageBytes.small, origin), large: pageOf(pageBytes.large, origin) };
  daemon = await startDaemon({
    yaml: `
schedule: { every: 1s, timeout: 60s }
steps: { index: 1s }
mirrors: [{ name: a, ecosystem: pypi, url: "${origin}/simple/" }]
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
 * Under load the daemon turns V8's compilers on, which stay on and take some 20 MB (docs/decisions/0157). The load of
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
    () => served.small,
    (count) => count > 40,
  );
  await turnCompilersOn();
  // The least, since garbage comes and goes.
  let before = Number.POSITIVE_INFINITY;
  const pagesThen = served.small;
  await until(
    'usual pages were read by a busy daemon',
    () => {
      before = Math.min(before, rssMb());
      return served.small - pagesThen;
    },
    (count) => count > 60,
  );
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
  const after = await until('memory goes back', rssMb, (mb) => mb < before + moreMbMax, {
    everyMs: 1_000,
    help: () => `${before} → ${most} MB\n${readFileSync(`/proc/${daemon.pid}/status`, 'utf8')}${daemon.log()}`,
  });
  console.log(`${before.toFixed(0)} → ${most.toFixed(0)} → ${after.toFixed(0)} MB`);
});
