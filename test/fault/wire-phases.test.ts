import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Phase } from '../../src/core/failure.ts';
import type { Marks } from '../../src/core/transcript.ts';
import { systemClock } from '../../src/io/clock.ts';
import { text } from '../support/answer.ts';
import { closeAtEnd } from '../support/closing.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { withMoreTime } from '../support/patience.ts';
import { startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, realWire } from './own-wire.ts';

/** The phases of a hop by its marks, as measure/ cuts them. */
function phasesOf(marks: Marks): Partial<Record<Phase, number>> {
  const cuts: readonly (readonly [Phase, number | undefined])[] = [
    ['resolve', marks.resolved],
    ['connect', marks.connected],
    ['tls', marks.secured],
    ['processing', marks.firstByte],
    ['transfer', marks.end],
  ];
  const found: Partial<Record<Phase, number>> = {};
  let from = marks.start;
  for (const [phase, to] of cuts) {
    if (to === undefined) continue;
    found[phase] = to - from;
    from = to;
  }
  return found;
}

/** Those that took half as long as the longest. */
function longestOf(phases: Partial<Record<Phase, number>>): readonly string[] {
  const longestMs = Math.max(...Object.values(phases));
  return Object.entries(phases).flatMap(([phase, ms]) => (2 * ms >= longestMs ? [phase] : []));
}

describe('a known delay moves its phase, that much, alone', async () => {
  const server = closeAtEnd(await startRawServer({ answer: () => text(200, 'x'.repeat(5_000)), tls: true }));
  const dns = closeAtEnd(await startDnsServer());
  const wire = closeAtEnd(realWire());

  const rows = [
    ['a slow resolver', 'resolve'],
    ['a slow handshake', 'tls'],
    ['a slow head', 'processing'],
    ['a slow body', 'transfer'],
  ] as const;
  it.each(rows)('%s', async (_, phase) => {
    // Where this process stands still a mark comes late: the phase before it seems longer, the one after it shorter.
    await withMoreTime(100, async (delayMs) => {
      dns.setName('mirror.example.com', { a: ['127.0.0.1'], delayMs: phase === 'resolve' ? delayMs : 0 });
      server.setDelay({
        tlsMs: phase === 'tls' ? delayMs : 0,
        headMs: phase === 'processing' ? delayMs : 0,
        bodyMs: phase === 'transfer' ? delayMs : 0,
      });
      const url = `https://mirror.example.com:${server.port}`;
      const { hop, body } = await coldHop(wire, accessTo(url, { dnsServer: dns.address }), `${url}/x`);
      expect(hop.fault).toBeNull();
      expect(body.length).toBe(5_000);
      const phases = phasesOf(hop.marks);
      expect(Object.keys(phases)).toEqual(['resolve', 'connect', 'tls', 'processing', 'transfer']);
      // Timers may fire a millisecond early by their own clock.
      expect(phases[phase]).toBeGreaterThanOrEqual(0.95 * delayMs);
      expect(longestOf(phases)).toEqual([phase]);
      const sum = Object.values(phases).reduce((total, ms) => total + ms, 0);
      expect(sum).toBeCloseTo(hop.marks.end - hop.marks.start, 6);
    });
  });

  it('an address literal has no resolve phase, plain HTTP no TLS phase', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const { hop } = await coldHop(wire, accessTo(url), `${url}/`);
    expect(Object.keys(phasesOf(hop.marks))).toEqual(['connect', 'processing', 'transfer']);
    expect(hop).toMatchObject({ remoteAddress: '127.0.0.1', family: 4, reused: false, tls: null, status: 200 });
    await new Promise((resolve) => plain.close(resolve));
  });

  it.each([
    ['its length is told', 'content-length: 2\r\n\r\nok', 0],
    ['it is chunked', 'transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 0],
    ['the close tells its end, which is later', '\r\nok', 1],
  ])('the end is when the last byte came, read or not: %s', async (_, rest, stampsLater) => {
    let stamps = 0;
    // Each look at this clock is a later one, so marks are equal where they are the same look alone.
    const clock = {
      ...systemClock,
      monotonicMs: () => {
        stamps += 1;
        return systemClock.monotonicMs() + stamps;
      },
    };
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const counting = realWire({ clock });
    const { hop, body } = await coldHop(counting, accessTo(url), `${url}/`);
    await counting.close();
    await new Promise((resolve) => plain.close(resolve));
    expect(Buffer.from(body).toString()).toBe('ok');
    expect(Math.sign(phasesOf(hop.marks).transfer ?? Number.NaN)).toBe(stampsLater);
  });

  it('counts from the end of the hop before where there is one', async () => {
    server.setDelay(0);
    const first = await coldHop(wire, accessTo(server.url), `${server.url}/x`);
    const startMs = first.hop.marks.end;
    await new Promise((resolve) => setTimeout(resolve, 30));
    const second = await coldHop(wire, accessTo(server.url), `${server.url}/x`, { startMs });
    expect(second.hop.marks.start).toBe(startMs);
    expect(phasesOf(second.hop.marks).connect).toBeGreaterThanOrEqual(28);
  });

  it('stamps the first byte of the head, not the end of it', async () => {
    await withMoreTime(300, async (limitMs) => {
      // About a hundred bytes of it, so that it takes half of the limit at least.
      await server.setFault({ kind: 'trickle-head', everyMs: limitMs / 100 });
      const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/x`, { limitMs });
      await server.setFault(null);
      expect(longestOf(phasesOf(hop.marks))).toEqual(['transfer']);
    });
  });
});
