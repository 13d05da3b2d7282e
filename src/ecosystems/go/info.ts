import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { failureOf, malformed, phrase, wrongContent } from '../../words/tell.ts';
import { type Fields, parseFields } from '../parse-json.ts';
import { isCanonical } from './version.ts';

/** Matches a time in RFC 3339, as Go's time.Time reads it. */
const instant =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Returns the version in the JSON of `.info` and `@latest`. Like Go's decoder, it ignores unknown keys and the case of
 * keys. The time may be absent or `null`.
 * @param wanted  the canonical version that the response must have; `null`: any
 * @see docs/protocols/go.md#endpoints; golang/go encoding/json Unmarshal
 */
export function parseInfo(body: Uint8Array, wanted: string | null): Result<string, ProbeFailure> {
  if (isMarkup(body)) return error(wrongContent('answer.info'));
  const expected = phrase('answer.info');
  const parsed = parseFields(utf8(body) ?? '', expected);
  if (parsed.tag === 'error') return error(failureOf('malformed', parsed.error));
  const lower = Object.entries(parsed.value).map(([key, held]) => [key.toLowerCase(), held]);
  const { version, time } = Object.fromEntries(lower) as Fields;
  if (!isVersion(version) || !isTime(time)) return error(failureOf('malformed', expected));
  if (wanted !== null && version !== wanted) return error(malformed('answer.versionAsked'));
  return ok(version);
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.versionChars && isCanonical(value);
}

function isTime(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  const [, year, month, day] = (typeof value === 'string' ? instant.exec(value) : null) ?? [];
  // JavaScript's `Date` converts 30 February to a day of March. So the converted day is compared with the day in the
  // text.
  return day !== undefined && new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
}
