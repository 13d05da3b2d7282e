import { describe, expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { maskOf } from '../../../src/core/mask-known.ts';
import { keepWords, maskWords } from '../../../src/io/client-words.ts';
import { BodyHold } from '../../../src/wire/body-hold.ts';
import { decoded } from '../../../src/wire/exchange.ts';
import { Inflow } from '../../../src/wire/inflow.ts';
import { ProxyHead } from '../../../src/wire/proxy.ts';
import { maskUrlsIn, redactHeaders } from '../../../src/wire/redact.ts';
import { costMs, expectInProportion } from '../../support/growth.ts';
import { plainAccess } from '../../support/plain-access.ts';
import { table } from '../../support/table.ts';

// Everything that reads what a server, a proxy or a client's output sends before an ecosystem does. Names are resolved by
// c-ares; of its answers the first address is read.

/** How a reader that takes pieces is fed. */
const pieces: readonly (readonly [how: string, bytes: number])[] = [
  ['whole', Number.POSITIVE_INFINITY],
  ['byte by byte', 1],
  ['two by two', 2],
];

/** Cheaper is told nothing of: of so many bytes the square costs more. */
const cheapMs = 40;
const textBytes = 64 * 1024;

function hold(size: number, unit: string, read: (text: string) => unknown): void {
  const make = (chars: number) => unit.repeat(Math.ceil(chars / unit.length)).slice(0, chars);
  const large = make(size);
  // The first time is a cold compiler's.
  if ([1, 2].some(() => costMs(() => read(large)) <= cheapMs)) return;
  try {
    expectInProportion(size / 8, make, read);
  } catch (error) {
    throw new Error(`${JSON.stringify(unit)}: ${String(error)}`);
  }
}

/** What ends, begins or repeats something in one of the readers. */
const units = table<string[]>('unit/wire/growth', 'units');

function fed(text: string, bytes: number, take: (piece: Buffer) => unknown): void {
  const all = Buffer.from(text, 'latin1');
  const step = Math.min(bytes, all.length);
  for (let at = 0; at < all.length; at += step) take(all.subarray(at, at + step));
}

const nothing = () => undefined;

/** Readers that take pieces, each made anew; `bytes` is as much as is read. */
const readers: Readonly<Record<string, { readonly bytes: number; readonly make: () => (piece: Buffer) => unknown }>> = {
  'a response, before any parser': {
    bytes: limits.headBytes,
    make: () => {
      const inflow = new Inflow(() => 0, nothing);
      return (piece) => inflow.take(piece);
    },
  },
  "a proxy's answer to CONNECT": {
    bytes: 16_000,
    make: () => {
      const head = new ProxyHead();
      return (piece) => head.take(piece);
    },
  },
  'a body': {
    bytes: 64 * 1024,
    make: () => {
      const hold = new BodyHold();
      return (piece) => hold.take(piece, null);
    },
  },
  "a client's output": {
    bytes: limits.clientWordsBytes,
    make: () => {
      const words = keepWords(limits.clientWordsBytes);
      return (piece) => words.add(piece);
    },
  },
};

describe('costs in proportion to what comes', () => {
  const rows = Object.entries(readers).flatMap(([what, reader]) =>
    pieces.map(([how, bytes]) => [what, how, reader, bytes] as const),
  );
  test.each(rows)('%s, %s', (_what, _how, { bytes, make }, step) => {
    for (const unit of units) hold(bytes, unit, (text) => fed(text, step, make()));
  });

  const mask = maskOf(plainAccess({ auth: { scheme: 'basic', username: 'robot', secret: 'xxxxxxxx', hosts: [] } }));
  const texts: Readonly<Record<string, (text: string) => unknown>> = {
    'a header': (text) => redactHeaders({ location: text }, mask.text),
    'the name of a header': (text) => redactHeaders({ [text]: 'x' }, mask.text),
    'a challenge': (text) => redactHeaders({ 'www-authenticate': text }, mask.text),
    'a text with URLs': maskUrlsIn,
    'plain data of a transcript': (text) => mask.data({ texts: text.match(/.{1,8}/gs) }),
    'the encodings of a body': (text) =>
      decoded({ sent: text, requested: text }, { body: Buffer.of(1), whole: null }, 10, null).catch(nothing),
    'the words of a client': (text) => maskWords(text, mask, 200),
  };
  test.each(Object.entries(texts))('%s', (_what, read) => {
    for (const unit of units) hold(textBytes, unit, read);
  });

  test('as many headers as there are', () => {
    const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, 'y']));
    // Objects of both sizes are hash tables of the engine: smaller ones are read in another way, and far faster.
    expectInProportion(2_000, headers, (given) => redactHeaders(given, mask.text));
    expect(Object.keys(redactHeaders(headers(2_000)))).toHaveLength(limits.headersKept + 1);
  });
});
