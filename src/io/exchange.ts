import type { IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import { request as requestHttp } from './node-http.ts';

const bodyBytesMax = 64 * 1024 * 1024;

/** A whole answer. Names of headers are lower case. */
export interface Exchanged {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One request to a daemon and its whole answer, on a connection of its own; redirects are not followed. Not `fetch`:
 * that refuses some ports, 1 and 6000 among them, without asking.
 * @throws what `node:http` does, with its `code`; `ABORT_ERR` after `limitMs`
 */
export function exchange(ask: {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly limitMs: number;
}): Promise<Exchanged> {
  const { url, method, headers, body, limitMs } = ask;
  const begin = /^https:/i.test(url) ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = begin(url, { method, headers, agent: false, signal: AbortSignal.timeout(limitMs) }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('error', reject);
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyBytesMax) answer.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      });
    });
    call.on('error', reject);
    call.end(body ?? undefined);
  });
}
