import { describe, expect, it } from 'vitest';
import { text } from '../support/answer.ts';
import { closeAtEnd } from '../support/closing.ts';
import { withMoreTime } from '../support/patience.ts';
import { startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, realWire } from './own-wire.ts';

describe('a limit on idle time', async () => {
  const wire = closeAtEnd(realWire());
  const server = closeAtEnd(await startRawServer({ answer: () => text(200, 'x'.repeat(5_000)) }));

  it.each([
    ['hang-head', 'processing'],
    ['hang-mid-body', 'transfer'],
  ] as const)('ends a response long before its deadline: %s', async (kind, phase) => {
    await server.setFault({ kind });
    const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/x`, { idleMs: 250 });
    expect(hop.fault).toMatchObject({ code: 'MW_DEADLINE', phase, limitMs: 250 });
  });

  it('leaves one that goes on for longer', async () =>
    await withMoreTime(250, async (idleMs) => {
      await server.setFault({ kind: 'trickle-body', everyMs: idleMs / 25 });
      const more = { idleMs, stopAfterBytes: 100 };
      const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/x`, more);
      expect(hop.fault).toBeNull();
      expect(hop.marks.end - hop.marks.start).toBeGreaterThan(idleMs);
    }));
});
