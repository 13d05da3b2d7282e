import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testCerts } from '../../test/support/certs.ts';
import { moduleTree } from '../no-figures.ts';

/** What happens to the preferred mirror. */
export const faults = ['killed', 'hangs', '10 % bad', 'slow', 'HTTP/2 broken'] as const;
export type MatrixFault = (typeof faults)[number];

/** A mirror over TLS with HTTP/2 and HTTP/1.1, whose fault begins when it is told. */
export interface FaultyMirror {
  readonly port: number;
  begin(fault: MatrixFault): void;
  close(): void;
}

/** How late a slow one responds, milliseconds. */
const lateMs = 2_000;
const internalError = 2;

/** Starts one with the modules of the tests. */
export async function startFaultyMirror(): Promise<FaultyMirror> {
  const root = moduleTree();
  const { server: own } = testCerts();
  let fault: MatrixFault | null = null;
  let requests = 0;
  const bodyOf = (path: string): Buffer | null => {
    try {
      return readFileSync(join(root, decodeURIComponent(path)));
    } catch {
      return null;
    }
  };
  const open = new Set<{ destroy(): void }>();
  const server = createSecureServer({ cert: own.certPem, key: own.keyPem, allowHTTP1: true }, (request, response) => {
    requests += 1;
    if (fault === 'hangs') return;
    if (fault === 'HTTP/2 broken' && request.httpVersion === '2.0') return void request.stream.close(internalError);
    const body = fault === '10 % bad' && requests % 10 === 0 ? undefined : bodyOf(request.url);
    const send = (): void => {
      response.writeHead(body === undefined ? 503 : body === null ? 404 : 200, { 'content-type': 'text/plain' });
      response.end(body ?? '');
    };
    if (fault === 'slow') setTimeout(send, lateMs);
    else send();
  });
  server.on('sessionError', () => undefined);
  for (const event of ['session', 'connection', 'secureConnection'] as const)
    server.on(event, (one: { destroy(): void; on(event: string, listener: () => void): unknown }) => {
      open.add(one);
      one.on('error', () => undefined);
      one.on('close', () => open.delete(one));
    });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const one of open) one.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    begin(what) {
      fault = what;
      if (what === 'killed') close();
    },
    close,
  };
}
