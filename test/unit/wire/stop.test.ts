import { describe, expect, it } from 'vitest';
import type { Marks } from '../../../src/core/transcript.ts';
import { phaseOf, stopCodeOf, stopOf, WireStop } from '../../../src/wire/deadline.ts';

const base: Marks = { start: 0, end: 9 };

it.each([
  ['nothing yet, a name', base, true, false, false, 'resolve'],
  ['nothing yet, an address', base, true, false, true, 'connect'],
  ['resolved', { ...base, resolved: 1 }, true, false, false, 'connect'],
  ['connected, https', { ...base, resolved: 1, connected: 2 }, true, false, false, 'tls'],
  ['connected, http', { ...base, resolved: 1, connected: 2 }, false, false, false, 'processing'],
  ['secured', { ...base, resolved: 1, connected: 2, secured: 3 }, true, false, false, 'processing'],
  ['kept', base, true, true, false, 'processing'],
  ['first byte', { ...base, connected: 2, secured: 3, firstByte: 4 }, true, false, false, 'transfer'],
  ['first byte on a kept one', { ...base, firstByte: 4 }, true, true, false, 'transfer'],
] as const)('the phase by the marks: %s', (_, marks, isSecure, isReady, isLiteral, phase) =>
  expect(phaseOf(marks, isSecure, isReady, isLiteral)).toBe(phase),
);

describe('the code of an error', () => {
  it.each([
    ['its own', Object.assign(new Error('x'), { code: 'EPIPE' }), 'EPIPE'],
    ['its cause', new Error('x', { cause: Object.assign(new Error('y'), { code: 'EMFILE' }) }), 'EMFILE'],
    [
      'the first of many',
      new AggregateError([Object.assign(new Error('y'), { code: 'ECONNREFUSED' })]),
      'ECONNREFUSED',
    ],
    ['none', new Error('x'), null],
    ['no error at all', 'text', null],
  ])('%s', (_, error, code) => expect(stopCodeOf(error)).toBe(code));

  it('a defect has one of ours, texts are short, ours pass unchanged', () => {
    expect(stopOf(new Error('y'.repeat(500)))).toMatchObject({ code: 'MW_DEFECT', message: 'y'.repeat(200) });
    const ours = new WireStop('MW_PIN', 'pin');
    expect(stopOf(ours)).toBe(ours);
  });
});
