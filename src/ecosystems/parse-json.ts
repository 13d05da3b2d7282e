import { limits } from '../core/limits.ts';
import { isMapping, readJson } from '../core/read-json.ts';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const [openList, closeList] = [0x5b, 0x5d];
const [openObject, closeObject] = [0x7b, 0x7d];

/**
 * Parses untrusted JSON. More values than `limits.jsonValues` or deeper nesting than `limits.jsonDepth` is an error,
 * because such JSON can cost seconds and a gigabyte of memory.
 */
export function parseJson(text: string, expected: Sentence): Result<unknown, Sentence> {
  const { jsonValues, jsonDepth } = limits;
  if (isTooMuch(text)) return error(phrase('answer.deep', { what: expected, values: jsonValues, deep: jsonDepth }));
  // An object has an own member for the key `__proto__`. So callers must read only own members.
  const value = readJson(text);
  return value === undefined ? error(expected) : ok(value);
}

/**
 * Returns the error for JSON that is nested too deeply. It is for parsers that limit only the depth, not the number of
 * values.
 */
export function depthErrorOf(expected: Sentence): Sentence {
  return phrase('answer.nested', { what: expected, deep: limits.jsonDepth });
}

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields | null {
  return isMapping(value) ? value : null;
}

/** Returns an object's own member; `undefined`: `fields` is `null` or has no such member. */
export function memberIn(fields: Fields | null, key: string): unknown {
  return fields !== null && Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** Parses untrusted JSON that must be an object, within the limits of `parseJson`. */
export function parseFields(text: string, expected: Sentence): Result<Fields, Sentence> {
  const parsed = parseJson(text, expected);
  const fields = parsed.tag === 'ok' ? fieldsOf(parsed.value) : null;
  return parsed.tag === 'error' ? parsed : fields === null ? error(expected) : ok(fields);
}

/** Returns the members with keys in lower case, as programs in Go read them. */
export function foldKeys(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.toLowerCase(), value]));
}

/** Matches a time in RFC 3339, as Go's time.Time reads it. */
const instant =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** True for a time that Go's time.Time reads from JSON; also for no time and `null`. */
export function isGoTime(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  const [, year, month, day] = (typeof value === 'string' ? instant.exec(value) : null) ?? [];
  // JavaScript's `Date` converts 30 February to a day of March. So the converted day is compared with the day in the
  // text.
  return day !== undefined && new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
}

function isTooMuch(text: string): boolean {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case openObject:
      case openList:
        values += 1;
        depth += 1;
        if (depth > limits.jsonDepth) return true;
        break;
      case closeObject:
      case closeList:
        depth -= 1;
        break;
      case comma:
        values += 1;
    }
    if (values > limits.jsonValues) return true;
  }
  return false;
}

/** Returns the position of a string's closing quote. If there is none, it returns the length of the text or more. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at += 1;
  }
  return at;
}
