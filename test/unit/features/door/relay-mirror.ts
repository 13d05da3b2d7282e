import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../../../../src/core/config.ts';
import { readConfig } from '../../../daemon/world.ts';
import { openHandler, serveOn } from './open-handler.ts';

/** The file that mirrors of these tests serve. */
export const bytes = randomBytes(300_000);
export const path = '/go/rsc.io/quote/@v/v1.5.2.zip';
export const hashOf = (text: string): string => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex');
/** The hash of `bytes`. */
export const whole = createHash('sha256').update(bytes).digest('hex');

export interface Zip {
  readonly body?: Buffer;
  readonly etag?: string;
  /** So many bytes, then the connection ends. */
  readonly cutAt?: number;
  /** It takes no ranges. */
  readonly isPlain?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A mirror that serves one file. */
export async function mirror({ body = bytes, etag, cutAt, isPlain, headers = {} }: Zip) {
  const ranges: (string | undefined)[] = [];
  const port = await serveOn((request: IncomingMessage, response: ServerResponse) => {
    const { range } = request.headers;
    ranges.push(range);
    const from = isPlain === true ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const part = body.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-type': 'application/zip',
      'content-length': String(part.length),
      ...(etag === undefined ? {} : { etag }),
      ...headers,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
    });
    if (cutAt === undefined) return void response.end(part);
    response.write(part.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 20));
  });
  return { url: `http://127.0.0.1:${port}`, ranges };
}

export function configOf(urls: readonly string[], more = ''): Config {
  const lines = urls.map((url, at) => `  - { name: m${at}, ecosystem: go, url: "${url}"${more} }`);
  const read = readConfig(
    `mirrors:\n${lines.join('\n')}\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }\ncontrols: [ http://127.0.0.1:9/ ]\ndoor: { relay: true }\n`,
  );
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** Opens a door that relays artifacts of these mirrors. */
export const open = async (mirrors: readonly { readonly url: string }[]) =>
  openHandler(configOf(mirrors.map(({ url }) => url)), { isRelay: () => true });
