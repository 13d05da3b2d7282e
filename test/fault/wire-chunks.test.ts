import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, realWire } from './own-wire.ts';

const mib = 1024 * 1024;
const one = '1\r\na\r\n';

let wire: Wire;
let server: RawServer | null = null;
beforeEach(() => {
  wire = realWire();
});
afterEach(async () => {
  await wire.close();
  await server?.close();
  server = null;
});

/** One hop to a server whose body is framed like this. */
async function hopTo(body: string) {
  const headers = { 'transfer-encoding': 'chunked', 'content-length': '' };
  server = await startRawServer({ answer: () => ({ status: 200, headers, body: Buffer.from(body) }) });
  return coldHop(wire, accessTo(server.url), `${server.url}/x`, { bodyBytesMax: 16 * mib });
}

describe('chunks', () => {
  it.each([
    ['of one byte', one.repeat(500_000)],
    ['with long extensions', `1;${'e'.repeat(4_000)}\r\na\r\n`.repeat(500)],
    ['with one extension without end', `1;${'e'.repeat(2 * mib)}\r\na\r\n`],
  ])('%s: the answer is left where its framing outweighs it', async (_, framed) => {
    const { hop } = await hopTo(`${framed}0\r\n\r\n`);
    expect(hop.fault).toMatchObject({ code: 'MW_BAD_CHUNK' });
    expect(hop.bodyBytes).toBeLessThan(150_000);
  });

  it.each([
    ['40 KB in chunks of one byte', one.repeat(40_000), 40_000],
    ['lines, each a chunk', `1e\r\n${'l'.repeat(30)}\r\n`.repeat(60_000), 1_800_000],
  ])('%s are read', async (_, framed, bytes) => {
    const { hop } = await hopTo(`${framed}0\r\n\r\n`);
    expect(hop).toMatchObject({ fault: null, bodyBytes: bytes });
  });
});
