import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyHold } from '../../../src/wire/body-hold.ts';

const kib = 1024;

/** Bytes of buffers that somebody still holds. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

describe('a body as it is held', () => {
  it('is what came, in pieces of whatever size', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(1, 3, 2_047, 2_048, 20_000), { maxLength: 40 }), (sizes) => {
        const hold = new BodyHold();
        const pieces = sizes.map((bytes, i) => Buffer.alloc(bytes, i));
        for (const piece of pieces) hold.take(piece, null);
        expect(hold.collected().body.equals(Buffer.concat(pieces))).toBe(true);
      }),
    );
  });

  it('does not keep all that its pieces came in', async () => {
    const hold = new BodyHold();
    const before = heldBytes();
    for (let i = 0; i < 2_000; i += 1) hold.take(Buffer.alloc(64 * kib, i).subarray(0, 1), null);
    // V8 sweeps buffers beside us: what is free is counted a little later on a busy machine.
    await expect.poll(() => heldBytes() - before).toBeLessThan(32 * kib * kib);
    expect(hold.collected().body.length).toBe(2_000);
  });
});
