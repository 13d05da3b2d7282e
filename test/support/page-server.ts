import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { longJsonPage, releaseAt } from './long-index.ts';
import { tinyWheel } from './pypi-index.ts';

/** Every file of a page, so only the pages grow: a file that fails is tried again, in a thread of its own. */
const wheel = tinyWheel('big', releaseAt(0));

interface File {
  readonly filename: string;
}

/** The pages of one project on loopback, `big`, whose oldest release can be fetched. */
export interface PageServer {
  readonly url: string;
  /** Serves pages of this many bytes, decoded, from now on. */
  serve(bytes: number): void;
  /** Pages of this many bytes that were asked for. */
  served(bytes: number): number;
  close(): void;
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

/** @param sizes  of the pages it can serve, decoded, bytes; the first is served at first */
export async function startPageServer(sizes: readonly [number, ...number[]]): Promise<PageServer> {
  const pages = new Map<number, Buffer>();
  const counts = new Map<number, number>();
  let current = sizes[0];
  const server = createServer(({ url }, response) => {
    if (url?.startsWith('/files/')) {
      response.end(url.endsWith('.metadata') ? wheel.metadata : wheel.bytes);
      return;
    }
    counts.set(current, (counts.get(current) ?? 0) + 1);
    response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
    response.setHeader('content-encoding', 'gzip');
    response.end(pages.get(current));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const bytes of sizes) pages.set(bytes, pageOf(bytes, url));
  return {
    url,
    serve: (bytes) => {
      current = bytes;
    },
    served: (bytes) => counts.get(bytes) ?? 0,
    close: () => void server.close(),
  };
}
