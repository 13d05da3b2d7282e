import { expect, test } from 'vitest';
import type { ProbeFailure } from '../../../src/core/failure.ts';
import { parseRetryAfter } from '../../../src/core/http.ts';
import { failureOfStatus } from '../../../src/ecosystems/talk.ts';
import { wrongContent } from '../../../src/words/tell.ts';
import { expectRows } from '../../support/expect-rows.ts';

const wallMs = Date.UTC(2026, 0, 1, 12);
const body = new Uint8Array();

/** The rule in words, by ranges; every status from 100 to 599 is held against it. */
function wanted(status: number): ProbeFailure | null {
  const named: Readonly<Record<number, ProbeFailure | null>> = {
    200: null,
    401: { kind: 'denied', status: 401 },
    403: { kind: 'denied', status: 403 },
    404: { kind: 'absent', status: 404 },
    410: { kind: 'absent', status: 410 },
    412: { kind: 'policy', status: 412 },
    429: { kind: 'throttled', status: 429, retryAfterMs: null },
    451: { kind: 'policy', status: 451 },
    511: wrongContent('answer.portal'),
  };
  const found = named[status];
  if (found !== undefined) return found;
  return { kind: status >= 500 ? 'server' : 'status', status };
}

test('each status from 100 to 599', () =>
  expectRows(
    Array.from({ length: 500 }, (_, at) => at + 100),
    (status) => `status ${status}`,
    (status) => {
      expect(failureOfStatus({ status, headers: {}, body }, wallMs)).toEqual(wanted(status));
    },
  ));

test.each<[string, number, string, ProbeFailure]>([
  ['429 in seconds', 429, '7', { kind: 'throttled', status: 429, retryAfterMs: 7_000 }],
  ['429 by date', 429, 'Thu, 01 Jan 2026 12:01:00 GMT', { kind: 'throttled', status: 429, retryAfterMs: 60_000 }],
  ['429 with nonsense', 429, 'soon', { kind: 'throttled', status: 429, retryAfterMs: null }],
  ['503 in seconds', 503, '0', { kind: 'throttled', status: 503, retryAfterMs: 0 }],
  ['503 with nonsense', 503, 'soon', { kind: 'server', status: 503 }],
  ['500 with seconds', 500, '7', { kind: 'server', status: 500 }],
  ['404 with seconds', 404, '7', { kind: 'absent', status: 404 }],
])('who asks us to wait: %s', (_, status, value, failure) =>
  expect(failureOfStatus({ status, headers: { 'retry-after': value }, body }, wallMs)).toEqual(failure),
);

test.each<[string, string | undefined, number | null]>([
  ['seconds', '120', 120_000],
  ['seconds in white space', ' 120 ', 120_000],
  ['a date', 'Thu, 01 Jan 2026 12:00:05 GMT', 5_000],
  ['a date of RFC 850', 'Thursday, 01-Jan-26 12:00:05 GMT', 5_000],
  ['a date of asctime', 'Thu Jan  1 12:00:05 2026', 5_000],
  ['a date gone by', 'Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ['more than a day', '9999999', 86_400_000],
  ['a year from now', 'Fri, 01 Jan 2027 12:00:00 GMT', 86_400_000],
  ['negative', '-1', null],
  ['a fraction', '1.5', null],
  ['a word', 'soon', null],
  ['an ISO date', '2026-01-01T12:00:05Z', null],
  ['empty', '', null],
  ['none', undefined, null],
])('Retry-After: %s', (_, value, ms) => expect(parseRetryAfter(value, wallMs)).toBe(ms));
