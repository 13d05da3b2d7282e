import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

// An HTTPS mirror that waits for a known time before its first byte and again before its last, in a process of its own.
// Timers are coarse, so it measures each wait that it made; `/measured` gives them by module, once.
// argv: certificate file, key file. Path: /<ms before the first byte>-<ms before the last>/<module>/@v/<version>.mod

const [certFile = '', keyFile = ''] = process.argv.slice(2);
/** Waits before the first and before the last byte, milliseconds, by module. */
let measured: Record<string, readonly [number, number]> = {};

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function wait(ms: number, then: () => void): void {
  if (ms > 0) setTimeout(then, ms);
  else then();
}

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
  const arrivedMs = nowMs();
  const path = request.url ?? '';
  const [, firstMs, lastMs, module] = /^\/(\d+)-(\d+)\/(.+)\/@v\/[^/]+\.mod$/.exec(path) ?? [];
  if (path === '/measured') {
    response.end(JSON.stringify(measured));
    measured = {};
    return;
  }
  if (module === undefined) {
    response.writeHead(404).end();
    return;
  }
  const lines = [`module ${module}\n`, '\ngo 1.21\n'];
  wait(Number(firstMs), () => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(lines.join('')) });
    const startedMs = nowMs();
    response.write(lines[0]);
    wait(Number(lastMs), () => {
      measured[module] = [startedMs - arrivedMs, nowMs() - startedMs];
      response.end(lines[1]);
    });
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('disconnect', () => process.exit());
