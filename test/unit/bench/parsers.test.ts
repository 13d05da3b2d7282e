import { describe, expect, it } from 'vitest';
import { isWhole } from '../../../bench/blackbox-driver.ts';
import { parseEvents } from '../../../bench/event-stream.ts';
import { costsOf, functionOf, ownerOf } from '../../../bench/profile.ts';

describe('the end of an HTTP answer', () => {
  it.each([
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n', false],
    ['a body by its length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', true],
    ['a body that is not all there', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok', false],
    ['no body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['chunks without the last', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', false],
    ['the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', true],
  ])('%s', (_, answer, expected) => expect(isWhole(answer)).toBe(expected));
});

describe('server-sent events', () => {
  it('come whole, the rest waits; comments and retry are left out', () =>
    expect(parseEvents('retry: 3000\n\n: still here\n\nevent: sample\ndata: {"a":1}\n\nevent: adv')).toEqual({
      events: [{ type: 'sample', data: { a: 1 } }],
      rest: 'event: adv',
    }));
});

describe('a CPU profile', () => {
  const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber });
  it('is self time by function, dearest first, without idle time', () => {
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('(idle)') },
        { id: 2, callFrame: frame('close') },
        { id: 3, callFrame: frame('', 'file:///x/wire.ts', 9) },
        { id: 4, callFrame: frame('close') },
      ],
      samples: [1, 2, 3, 4, 3],
      timeDeltas: [1_000, 100, 250, 50, 200],
    };
    expect(costsOf(profile, 60, functionOf)).toEqual([
      { where: '(anonymous) /x/wire.ts:10', share: 0.75, usPerProbe: 45 },
      { where: 'close', share: 0.25, usPerProbe: 15 },
    ]);
  });

  it.each([
    ['native', 'close', '', 'native: OpenSSL, libuv, kernel'],
    ['collector', '(garbage collector)', '', 'garbage collection'],
    ['Node', 'lookup', 'node:dns', "Node's own modules"],
    ['a package', 'parse', 'file:///x/node_modules/undici/lib/a.js', 'undici'],
    ['ours', 'hop', 'file:///x/src/wire/line.ts', 'src/wire'],
    ['the bench', 'shoot', 'file:///x/bench/cpu-child.ts', 'bench'],
  ])('knows whose a function is: %s', (_, functionName, url, expected) =>
    expect(ownerOf(frame(functionName, url))).toBe(expected),
  );
});
