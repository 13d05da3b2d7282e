import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { failureOf, malformed, phrase, wrongContent } from '../../words/tell.ts';
import { foldKeys, isGoTime, parseFields } from '../parse-json.ts';
import { isCanonical } from './version.ts';

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
  const { version, time } = foldKeys(parsed.value);
  if (!isVersion(version) || !isGoTime(time)) return error(failureOf('malformed', expected));
  if (wanted !== null && version !== wanted) return error(malformed('answer.versionAsked'));
  return ok(version);
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.versionChars && isCanonical(value);
}
