import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { EventLines } from '../../../src/io/event-stream.ts';
import { expectInProportion } from '../../support/growth.ts';

function told(pieces: Iterable<string>): string[] {
  const all: string[] = [];
  const nothing = (): void => undefined;
  const lines = new EventLines({ opened: nothing, ended: nothing, event: (type, data) => void all.push(type, data) });
  for (const piece of pieces) lines.take(piece);
  return all;
}

describe('events of a stream', () => {
  const text = ': beat\n\nid: 7\nevent: advice\ndata: {"a":1}\n\nevent: reload\ndata: {}\n\nevent: cut';
  it.each([
    ['whole', [text]],
    ['character by character', [...text]],
  ])('are told as they end: %s', (_, pieces) => expect(told(pieces)).toEqual(['advice', '{"a":1}', 'reload', '{}']));

  it('end the stream where one is too long, in one line or in many', () => {
    expect(() => told(['data: x\n\n', 'x'.repeat(limits.eventChars + 1)])).toThrow('too long');
    expect(() => told(Array.from({ length: limits.eventChars }, () => 'xx\n'))).toThrow('too long');
    expect(told(Array.from({ length: 3 }, () => `data: ${'x'.repeat(limits.eventChars / 2)}\n\n`))).toEqual([]);
  });

  it.each(['x', 'x\n'])('cost in proportion to their length, character by character: %j', (unit) =>
    expectInProportion(
      100_000,
      (size) => unit.repeat(size / unit.length),
      (all: string) => told(all),
    ),
  );
});
