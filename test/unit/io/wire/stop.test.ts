import { describe, expect, it } from 'vitest';
import type { Marks } from '../../../../src/core/transcript.ts';
import { codeOf, exchangeStop, phaseOf, stopOf, WireStop } from '../../../../src/io/wire/stop.ts';

const base: Marks = { start: 0, end: 9 };

describe('the phase by the marks', () => {
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
  ] as const)('%s', (_, marks, isSecure, isReady, isLiteral, phase) => {
    expect(phaseOf(marks, isSecure, isReady, isLiteral)).toBe(phase);
  });
});

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
  ])('%s', (_, error, code) => expect(codeOf(error)).toBe(code));

  it('a defect has one of ours, texts are short, ours pass unchanged', () => {
    expect(stopOf(new Error('y'.repeat(500)))).toMatchObject({ code: 'MW_DEFECT', message: 'y'.repeat(200) });
    const ours = new WireStop('MW_PIN', 'pin');
    expect(stopOf(ours)).toBe(ours);
  });
});

describe("undici's errors in our words", () => {
  const named = (name: string, message: string, code?: string): Error =>
    Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) });
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  it.each([
    ['a bad head', named('HTTPParserError', 'Expected HTTP/'), false, null, 'MW_BAD_HEAD'],
    ['a bad chunk', named('HTTPParserError', 'Invalid character in chunk size'), true, null, 'HPE_INVALID_CHUNK_SIZE'],
    ['an early end', named('HTTPParserError', 'Invalid EOF state'), true, null, 'UND_ERR_SOCKET'],
    ['a long head', named('HeadersOverflowError', 'x', 'UND_ERR_HEADERS_OVERFLOW'), false, null, 'MW_HEAD_TOO_LARGE'],
    ['an answer to nothing', named('SocketError', 'bad response', 'UND_ERR_SOCKET'), false, null, 'MW_BAD_HEAD'],
    ['an upgrade', named('SocketError', 'bad upgrade', 'UND_ERR_SOCKET'), false, null, 'MW_BAD_HEAD'],
    ['closed', named('SocketError', 'other side closed', 'UND_ERR_SOCKET'), true, null, 'UND_ERR_SOCKET'],
    [
      'closed, and the socket knows why',
      named('SocketError', 'other side closed', 'UND_ERR_SOCKET'),
      true,
      reset,
      'ECONNRESET',
    ],
    [
      'a short body',
      named('E', 'x', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'),
      true,
      null,
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    ],
    ['a bad head after its length', named('E', 'x', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), false, null, 'MW_BAD_HEAD'],
    ['a reset', reset, true, null, 'ECONNRESET'],
  ])('%s', (_, error, hasHead, socketError, code) => {
    expect(exchangeStop(error, { hasHead, bytesRead: 7, socketError }, 5)).toMatchObject({
      code,
      bytesRead: 7,
      atMs: 5,
    });
  });
});
