import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

// An HTTPS mirror that waits for a known time before its first byte and again before its last, in a process of its own.
// Timers are coarse, so it measures each wait that it made; `/measured` gives them by module, once.
// argv: certificate file, key file, HTTP version. Path: /<ms before the first byte>-<ms before the last>/<module>/@v/<version>.mod

const [certFile = '', keyFile = '', protocol = '1.1'] = process.argv.slice(2);
/** Waits before the first and before the last byte, milliseconds, by module. */
let measured: Record<string, readonly [number, number]> = {};

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function wait(ms: number, then: () => void): void {
  if (ms > 0) setTimeout(then, ms);
  else then();
}

/** What both HTTP versions' responses can do. */
interface Response {
  writeHead(status: number, headers?: Record<string, string | number>): unknown;
  write(text: string): unknown;
  end(text: string): unknown;
}

function answer(request: { readonly url?: string | undefined }, response: Response): void {
  const arrivedMs = nowMs();
  const path = request.url ?? '';
  const [, firstMs, lastMs, module] = /^\/(\d+)-(\d+)\/(.+)\/@v\/[^/]+\.mod$/.exec(path) ?? [];
  if (path === '/measured') {
    response.end(JSON.stringify(measured));
    measured = {};
    return;
  }
  if (module === undefined) {
    response.writeHead(404);
    response.end('');
    return;
  }
  const lines = [`module ${module}\n`, '\ngo 1.21\n'] as const;
  wait(Number(firstMs), () => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(lines.join('')) });
    const startedMs = nowMs();
    response.write(lines[0]);
    wait(Number(lastMs), () => {
      measured[module] = [startedMs - arrivedMs, nowMs() - startedMs];
      response.end(lines[1]);
    });
  });
}

const keys = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
// `/measured` is asked over HTTP/1.1 always.
const server =
  protocol === '2' ? createSecureServer({ ...keys, allowHTTP1: true }, answer) : createServer(keys, answer);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('disconnect', () => process.exit());
