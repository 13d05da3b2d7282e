import { z } from 'zod';
import { isMarkup, utf8 } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { parseJson } from '../parse-json.ts';
import { isCanonical } from './version.ts';

/**
 * What we need of an `.info` or `@latest` answer. Go's decoder ignores the case of keys and unknown ones, and takes
 * `null` for a missing time; so do we.
 * @see protocols.md 1.1; golang/go encoding/json Unmarshal
 */
const shape = z.object({
  version: z.string().max(limits.versionChars).refine(isCanonical),
  time: z.iso.datetime({ offset: true }).nullish(),
});

/** A version as a mirror described it. */
export interface Info {
  readonly version: string;
}

/**
 * Reads the JSON of `.info` and `@latest`.
 * @param asked  the canonical version that was asked for and must be answered; `null` where any will do
 * @returns      wrong content for markup; malformed for what is no such JSON and for another version than asked
 */
export function parseInfo(body: Uint8Array, asked: string | null): Result<Info, ProbeFailure> {
  if (isMarkup(body)) return error({ kind: 'wrong_content', expected: 'version information' });
  const expected = 'version information';
  const parsed = parseJson(utf8(body) ?? '', expected);
  if (parsed.tag === 'error') return parsed;
  const read = shape.safeParse(lowerKeys(parsed.value));
  if (!read.success) return error({ kind: 'malformed', expected });
  const { version } = read.data;
  if (asked !== null && version !== asked) return error({ kind: 'malformed', expected: 'the version asked for' });
  return ok({ version });
}

function lowerKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key.toLowerCase(), held]));
}
