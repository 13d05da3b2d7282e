import { get } from 'node:https';
import type { WorkerBook } from '../src/core/ports.ts';
import type { HttpProtocol } from '../src/core/transcript.ts';
import { makeCerts } from '../test/support/certs.ts';
import { startDnsmasq } from '../test/support/dnsmasq.ts';
import { openLink } from '../test/support/link.ts';
import { startNginx } from '../test/support/nginx.ts';
import type { Known } from './accuracy-error.ts';
import { startChild } from './child.ts';
import { moduleTree } from './no-figures.ts';
import { putApparatusFirst } from './priority.ts';
import { bookOf } from './subjects.ts';

/** The delays of one block: one way on the link, in the server before the first byte and before the last, milliseconds. */
export interface Waits {
  readonly linkMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Two mirrors whose delays are known: `link`, nginx and its resolver behind a link; `server`, which waits itself. */
export interface Apparatus {
  /** Both mirrors as workers must know them for these waits. */
  readonly at: (waits: Waits) => { readonly book: WorkerBook };
  /** The same two by their addresses: what a prober without a resolver of its own is given. */
  readonly urls: (waits: Waits) => { readonly link: string; readonly server: string };
  /** Of both: as PEM text and as a file. */
  readonly ca: string;
  readonly caFile: string;
  readonly set: (waits: Waits) => Promise<void>;
  /** What the phases must have taken since the last call, beside their base; of the server by its own clock, by probe. */
  readonly known: (
    waits: Waits,
  ) => Promise<{ readonly link: Known; readonly server: (id: string) => Known | undefined }>;
  readonly lateness: () => Promise<{ readonly lateMsMean: number; readonly lateMsMax: number }>;
  /** Whether servers and link run ahead of the prober. */
  readonly isFirst: boolean;
  readonly close: () => Promise<void>;
}

const name = 'mirror.example.com';
/** Debian's nginx speaks TLS 1.2 unless told otherwise, whose handshake takes two round trips. */
const tls13 = 'ssl_protocols TLSv1.3;';

/**
 * Starts it all.
 * @param protocol  what both mirrors take: HTTP/1.1 alone, or HTTP/2 too, which is then what is asked
 * @throws Error where a part is not installed, or without root
 */
export async function openApparatus(protocol: HttpProtocol = '1.1'): Promise<Apparatus> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const link = await openLink({ near: 'host' });
    closers.push(link.close);
    const certs = makeCerts([link.addrB]);
    const far = { ns: link.nsB, host: link.addrB };
    const served = { ...far, root: moduleTree(), cert: certs.server, extra: tls13 };
    const nginx = await startNginx(protocol === '2' ? { ...served, http2: true } : served);
    closers.push(nginx.close);
    const resolver = await startDnsmasq({ ...far, port: 53, addresses: { [name]: [link.addrB] } });
    closers.push(resolver.close);
    const server = startChild('known-server', [certs.server.certFile, certs.server.keyFile, protocol]);
    closers.push(server.close);
    const { port } = (await server.hear()) as { port: number };
    const isFirst = await putApparatusFirst();
    const ca = certs.ca.certPem;
    const serverUrl = ({ firstMs, lastMs }: Waits): string => `https://127.0.0.1:${port}/${firstMs}-${lastMs}`;
    return {
      urls: (waits) => ({ link: nginx.httpsUrl, server: serverUrl(waits) }),
      ca,
      caFile: certs.ca.certFile,
      at: (waits) => ({
        book: bookOf([
          {
            registry: 'link',
            url: nginx.httpsUrl.replace(link.addrB, name),
            ca,
            dnsServer: resolver.address,
            protocol,
          },
          { registry: 'server', url: serverUrl(waits), ca, dnsServer: null, protocol },
        ]),
      }),
      set: ({ linkMs }) => link.setDelay(linkMs),
      async known({ linkMs }) {
        const turnMs = 2 * linkMs;
        const measured = await measuredBy(port, ca);
        return {
          // TLS 1.3: one round trip. The whole answer fits the first packets: nothing is known to wait in transfer.
          link: { resolve: turnMs, connect: turnMs, tls: turnMs, processing: turnMs, transfer: 0 },
          server: (id) => {
            const [processing, transfer] = measured[`example.com/${id}`] ?? [];
            return processing === undefined || transfer === undefined ? undefined : { processing, transfer };
          },
        };
      },
      async lateness() {
        const { ab, ba } = await link.stats();
        return {
          lateMsMean: Math.max(ab.lateMsMean, ba.lateMsMean),
          lateMsMax: Math.max(ab.lateMsMax, ba.lateMsMax),
        };
      },
      isFirst,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function measuredBy(port: number, ca: string): Promise<Record<string, readonly [number, number]>> {
  const text = await new Promise<string>((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/measured', ca }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    request.once('error', reject);
  });
  return JSON.parse(text) as Record<string, readonly [number, number]>;
}
