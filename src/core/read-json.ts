/** The value of a JSON text; `undefined`: the text is not JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The mapping in a JSON text; `null`: another value, or no JSON. */
export function readMapping(text: string): Readonly<Record<string, unknown>> | null {
  const value = readJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
