import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { testCerts } from './certs.ts';
import { moduleAnswers, syntheticModules } from './synthetic-modules.ts';

/** A Go mirror whose HTTP/2 alone is broken. */
export interface H2BrokenMirror {
  readonly url: string;
  /** Requests so far, by protocol version. */
  readonly requests: { h1: number; h2: number };
  readonly close: () => Promise<void>;
}

/** Starts a mirror that resets every stream with INTERNAL_ERROR while it is broken, and answers every request over HTTP/1.1. */
export async function startH2BrokenMirror(isBroken: () => boolean = () => true): Promise<H2BrokenMirror> {
  const answers = moduleAnswers(syntheticModules);
  const { server: leaf } = testCerts();
  const requests = { h1: 0, h2: 0 };
  const server = createSecureServer({ cert: leaf.certPem, key: leaf.keyPem, allowHTTP1: true });
  server.on('stream', (stream, headers) => {
    requests.h2 += 1;
    stream.on('error', () => undefined);
    if (isBroken()) {
      stream.close(2);
      return;
    }
    const answer = answers.get(decodeURIComponent(headers[':path'] ?? ''));
    stream.respond({ ':status': answer?.status ?? 404, ...answer?.headers });
    stream.end(answer?.body ?? 'not found\n');
  });
  server.on('request', (request, response) => {
    if (request.httpVersion === '2.0') return;
    requests.h1 += 1;
    const answer = answers.get(decodeURIComponent(request.url));
    response.writeHead(answer?.status ?? 404, answer?.headers ?? {});
    response.end(answer?.body ?? 'not found\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
