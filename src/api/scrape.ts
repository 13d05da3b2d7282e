import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Request, Response } from 'express';
import { limits } from '../core/limits.ts';
import type { ApiDeps } from './deps.ts';
import { sendProblem, sendRefusal } from './problem.ts';

const chunkSize = 64 * 1024;
const textBytes = 128 * 1024;
/** Options of zlib. The high-water mark of 1 makes zlib read a chunk only after it has processed the previous one. */
const zipping = { level: 1, chunkSize, writableHighWaterMark: 1 };
const encoder = new TextEncoder();
const takesGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?(?![.\d]))/;

type Page = ReturnType<typeof startPage>;

/**
 * Encodes all texts into the same buffer, which avoids garbage. So a reader must use the bytes before it requests more,
 * as zlib does with `zipping`.
 */
async function* bytesOf(texts: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(textBytes);
  for await (const text of texts) {
    if (typeof text !== 'string') {
      yield text;
      continue;
    }
    for (let rest = text; rest !== ''; ) {
      const { read, written } = encoder.encodeInto(rest, buffer);
      yield buffer.subarray(0, written);
      rest = rest.slice(read);
    }
  }
}

/**
 * Starts rendering /metrics. The text is compressed while it is rendered.
 * @param broke  called if the rendering fails, unless it was cancelled
 */
function startPage(pieces: AsyncIterable<string | Uint8Array>, broke: (cause: unknown) => void) {
  const zipped: Buffer[] = [];
  const abort = new AbortController();
  let readers = 0;
  let isMade = false;
  let fault: { readonly cause: unknown } | null = null;
  let changed = Promise.withResolvers<void>();
  const notify = (): void => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const sink = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      zipped.push(chunk);
      notify();
      taken();
    },
  });
  void pipeline(bytesOf(pieces), createGzip(zipping), sink, { signal: abort.signal })
    .catch((cause: unknown) => {
      fault = { cause };
      if (!abort.signal.aborted) broke(cause);
    })
    .finally(() => {
      isMade = true;
      notify();
    });
  return {
    /** Resolves when the first bytes exist. @throws the error of the rendering if it failed before */
    async begun(): Promise<void> {
      while (zipped.length === 0 && !isMade) await changed.promise;
      if (fault !== null) throw fault.cause;
    },
    async *read(): AsyncGenerator<Buffer> {
      for (let at = 0; ; at += 1) {
        while (at >= zipped.length && !isMade) await changed.promise;
        const chunk = zipped[at];
        if (chunk !== undefined) yield chunk;
        else if (fault !== null) throw fault.cause;
        else return;
      }
    },
    isMade: () => isMade,
    join(): void {
      readers += 1;
    },
    /** Counts a reader that has left. If no reader is left, the rendering is cancelled. */
    leave(): void {
      readers -= 1;
      if (readers === 0 && !isMade) abort.abort();
    },
  };
}

/**
 * Creates the handler of /metrics for at most `limits.scrapesAtOnce` requests at once. Requests for the same content
 * type share one rendering while it runs. A reader that disconnects causes no error.
 */
export function createScrapes(deps: Pick<ApiDeps, 'metrics' | 'defect'>) {
  const pages = new Map<string, Page>();
  let atOnce = 0;

  function pageOf(contentType: string, pieces: AsyncIterable<string | Uint8Array>): Page {
    const running = pages.get(contentType);
    if (running !== undefined && !running.isMade()) return running;
    const page = startPage(pieces, deps.defect);
    pages.set(contentType, page);
    return page;
  }

  async function send(page: Page, zipped: boolean, response: Response): Promise<void> {
    page.join();
    try {
      await page.begun();
      if (zipped) response.setHeader('content-encoding', 'gzip');
      const body = Readable.from(page.read(), { objectMode: false });
      if (zipped) await pipeline(body, response);
      else await pipeline(body, createGunzip({ chunkSize }), response);
    } catch {
      // The error is already reported, and a reader that disconnected needs no response.
      if (!response.headersSent && !response.destroyed) sendProblem(response, { kind: 'defect' });
    } finally {
      page.leave();
    }
  }

  return async (request: Request, response: Response): Promise<void> => {
    const { contentType, pieces } = deps.metrics(request.headers.accept);
    response.setHeader('content-type', contentType);
    response.setHeader('vary', 'accept, accept-encoding');
    if (request.method === 'HEAD') return void response.end();
    if (atOnce >= limits.scrapesAtOnce) return sendRefusal(response, 'unavailable', 'problem.scrapes');
    atOnce += 1;
    try {
      const isZipped = takesGzip.test(String(request.headers['accept-encoding'] ?? ''));
      await send(pageOf(contentType, pieces), isZipped, response);
    } finally {
      atOnce -= 1;
      const page = pages.get(contentType);
      if (page?.isMade() === true) pages.delete(contentType);
    }
  };
}
