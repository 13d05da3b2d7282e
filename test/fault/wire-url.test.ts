import { expect, it } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { accessTo, coldHop, realWire } from './own-wire.ts';

it.each([limits.hopUrlChars + 1_000, 64 * 1024])(
  'of a URL of %i characters a transcript keeps the begin',
  async (chars) => {
    const wire = realWire();
    const url = `http://127.0.0.1:1/${'x'.repeat(chars)}`;
    const { hop } = await coldHop(wire, accessTo(url), url);
    await wire.close();
    expect(hop.url).toBe(`${url.slice(0, limits.hopUrlChars)}…`);
  },
);
