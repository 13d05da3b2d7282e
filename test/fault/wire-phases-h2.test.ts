import { afterAll, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import { hopPhasesOf } from '../../src/core/sample.ts';
import { systemClock } from '../../src/io/clock.ts';
import { closeAtEnd } from '../support/closing.ts';
import { withMoreTime } from '../support/patience.ts';
import { data, head, type RawH2Server, startRawH2 } from '../support/raw-h2.ts';
import { accessTo, coldHop, realWire } from './own-wire.ts';

const wire: Wire = realWire();
afterAll(() => wire.close());
let server: RawH2Server;

const ok = { ':status': '200', 'content-length': '10' };
type Delayed = 'tls' | 'processing' | 'transfer' | 'none';

/** A server that waits before its handshake, its head, or the second half of its body; and when it sent each. */
async function delaying(
  phase: Delayed,
  delayMs: number,
): Promise<{ url: string; sent: { head: number; end: number } }> {
  const sent = { head: 0, end: 0 };
  const after = (of: Delayed, run: () => void): void => void setTimeout(run, of === phase ? delayMs : 0);
  server = closeAtEnd(
    await startRawH2(
      (c, id) =>
        after('processing', () => {
          c.write(head(id, ok));
          sent.head = systemClock.monotonicMs();
          c.write(data(id, 'hello', 0));
          after('transfer', () => {
            c.write(data(id, 'again'));
            sent.end = systemClock.monotonicMs();
          });
        }),
      { handshakeDelayMs: phase === 'tls' ? delayMs : 0 },
    ),
  );
  return { url: server.url, sent };
}

describe('HTTP/2: a known delay moves its phase, that much, alone', () => {
  it.each(['tls', 'processing', 'transfer'] as const)('%s', async (phase) => {
    await withMoreTime(100, async (delayMs) => {
      const { url } = await delaying(phase, delayMs);
      const { hop } = await coldHop(wire, accessTo(url, { protocols: ['2'] }), `${url}/x`);
      await server.close();
      expect([hop.fault, hop.protocol, hop.bodyBytes]).toEqual([null, '2', 10]);
      const phases = Object.fromEntries(hopPhasesOf(hop));
      expect(Object.keys(phases)).toEqual(['connect', 'tls', 'processing', 'transfer']);
      // Timers may fire a millisecond early by their own clock.
      expect(phases[phase]).toBeGreaterThanOrEqual(0.95 * delayMs);
      for (const [other, ms] of Object.entries(phases)) if (other !== phase) expect(2 * ms).toBeLessThan(delayMs);
      const sum = Object.values(phases).reduce((total, ms) => total + ms, 0);
      expect(sum).toBeCloseTo(hop.marks.end - hop.marks.start, 6);
    });
  });

  it('the marks of head and end come after the server sent them, in its own clock', async () => {
    const { url, sent } = await delaying('transfer', 20);
    const { hop } = await coldHop(wire, accessTo(url, { protocols: ['2'] }), `${url}/x`);
    expect(hop.marks.firstByte).toBeGreaterThanOrEqual(sent.head);
    expect(hop.marks.end).toBeGreaterThanOrEqual(sent.end);
  });

  it('an interim head ends the processing, as a first byte does over HTTP/1.1', async () =>
    await withMoreTime(100, async (delayMs) => {
      server = closeAtEnd(
        await startRawH2((c, id) => {
          c.write(head(id, { ':status': '103' }));
          setTimeout(() => c.write(head(id, ok), data(id, 'helloagain')), delayMs);
        }),
      );
      const { hop } = await coldHop(wire, accessTo(server.url, { protocols: ['2'] }), `${server.url}/x`);
      await server.close();
      const phases = Object.fromEntries(hopPhasesOf(hop));
      expect(phases['transfer']).toBeGreaterThanOrEqual(0.95 * delayMs);
      expect(2 * (phases['processing'] ?? 0)).toBeLessThan(delayMs);
    }));
});
