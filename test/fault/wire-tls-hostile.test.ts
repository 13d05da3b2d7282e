import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { createPassages } from '../../src/wire/passage.ts';
import { testCerts } from '../support/certs.ts';
import { startTicketServer } from '../support/tls-tickets.ts';
import { accessTo, coldHop, realWire } from './own-wire.ts';

const mib = 1024 * 1024;
const ends: (() => unknown)[] = [];
let wire: Wire;
beforeEach(() => {
  wire = realWire();
});
afterEach(async () => {
  await wire.close();
  for (const end of ends.splice(0).reverse()) await end();
});

/** The cipher suites of one ClientHello, in a single record (RFC 8446 section 4.1.2). */
function suitesIn(hello: Buffer): readonly string[] {
  const at = 5 + 4 + 2 + 32;
  const from = at + 1 + (hello[at] ?? 0);
  const list = hello.subarray(from + 2, from + 2 + hello.readUInt16BE(from));
  return list.toString('hex').match(/.{4}/g) ?? [];
}

describe('a server over TLS', () => {
  it('is offered no key exchange whose group it chooses, because a large one takes seconds of our CPU time', async () => {
    const hellos: Buffer[] = [];
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', (chunk: Buffer) => {
          hellos.push(chunk);
          socket.destroy();
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await coldHop(wire, accessTo(url), `${url}/`);
    const suites = suitesIn(hellos[0] ?? Buffer.alloc(0));
    // ECDHE with AES-GCM. DHE with RSA: AES-CBC, AES-GCM, ChaCha20, AES-CCM (IANA's registry of cipher suites).
    expect(suites).toContain('c02b');
    const dhe = ['0033', '0039', '0067', '006b', '009e', '009f', 'ccaa', 'c09e', 'c09f', 'c0a2', 'c0a3'];
    expect(suites.filter((one) => dhe.includes(one))).toEqual([]);
  });

  it('may not send tickets without end instead of a response', async () => {
    const server = await startTicketServer(testCerts().server, '');
    ends.push(() => server.close());
    const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/`);
    expect(hop.fault).toMatchObject({ code: 'MW_BAD_CHUNK' });
    expect(await server.left).toBeLessThan(16 * mib);
  });

  it('may not send tickets without end on an idle connection of the front door', async () => {
    const head = ['HTTP/1.1 200 OK', 'content-length: 2', 'connection: keep-alive', 'keep-alive: timeout=600'];
    const server = await startTicketServer(testCerts().server, [...head, '', 'ok'].join('\r\n'));
    ends.push(() => server.close());
    const passages = createPassages({ clock: systemClock, timers: systemTimers });
    ends.push(() => passages.close());
    const { signal } = new AbortController();
    const { body } = await passages.open(accessTo(server.url), `${server.url}/`, {
      method: 'GET',
      headers: {},
      signal,
    });
    let text = '';
    for await (const piece of body) text += String(piece);
    expect(text).toBe('ok');
    expect(await server.left).toBeLessThan(16 * mib);
  });
});
