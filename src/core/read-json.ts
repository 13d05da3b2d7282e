import { getOrElse } from './get-or-else.ts';

/** Parses JSON; `undefined`: the text is not JSON. */
export function readJson(text: string): unknown {
  return getOrElse(() => JSON.parse(text), undefined);
}

/** Parses a JSON object; `null`: the text is not JSON, or its value is no object. */
export function readMapping(text: string): Readonly<Record<string, unknown>> | null {
  const value = readJson(text);
  return isMapping(value) ? value : null;
}

/** True for an object that is no list. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
