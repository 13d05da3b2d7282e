import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The whole of `openapi.yaml`. */
export const document = parse(readFileSync(join(import.meta.dirname, '../../../openapi.yaml'), 'utf8')) as JsonObject;

export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((part, key) => (isObject(part) ? part[key] : undefined), value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `GET /path` for each operation of the document. */
export const operations: readonly string[] = Object.entries((at(document, 'paths') ?? {}) as JsonObject).flatMap(
  ([path, methods]) => Object.keys(isObject(methods) ? methods : {}).map((method) => `${method.toUpperCase()} ${path}`),
);

/** References resolved, and objects closed: an answer may hold what is described and nothing else. */
function closed(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(closed);
  if (!isObject(value)) return value;
  const { $ref } = value;
  if (typeof $ref === 'string') {
    const target = at(document, ...$ref.slice(2).split('/'));
    if (target === undefined) throw new Error(`openapi.yaml: nothing at ${$ref}`);
    return closed(target);
  }
  // zod's reader takes one type a schema: a list of types is one alternative each.
  const { type, ...rest } = value;
  if (Array.isArray(type))
    return {
      anyOf: (type as readonly Json[]).map((one) => closed(one === 'null' ? { type: 'null' } : { type: one, ...rest })),
    };
  const entries = Object.entries(value).map(([key, part]) => [
    key,
    key === 'enum' || key === 'required' ? part : closed(part),
  ]);
  const made = Object.fromEntries(entries) as Record<string, Json>;
  return isObject(value['properties']) && value['type'] === 'object' && value['additionalProperties'] === undefined
    ? { ...made, additionalProperties: false }
    : made;
}

const readers = new Map<Json, z.ZodType>();

/** What an answer must be by its schema, a part of `document` where it is read once for all answers; `null` where it is. */
export function faultsOf(schema: Json, answer: unknown): string | null {
  const reader = readers.get(schema) ?? z.fromJSONSchema(closed(schema) as never);
  readers.set(schema, reader);
  const result = reader.safeParse(answer);
  return result.success ? null : z.prettifyError(result.error);
}

/** The schema of one answer of one operation, by content type; also through `components/responses` and `default`. */
export function schemaOf(path: string, method: string, status: number, contentType: string): Json | undefined {
  const responses = at(document, 'paths', path, method.toLowerCase(), 'responses');
  const found = at(responses, String(status)) ?? at(responses, 'default');
  const reference = at(found, '$ref');
  const response = typeof reference === 'string' ? at(document, ...reference.slice(2).split('/')) : found;
  return at(response, 'content', contentType, 'schema');
}

/** Schemas in `components` that leave a property out of `required`: unknown is null, never missing. */
export function optionalKeys(): string[] {
  const found: string[] = [];
  const look = (value: Json, path: string): void => {
    if (!isObject(value)) return;
    const { properties, required } = value;
    if (isObject(properties)) {
      const must = new Set(Array.isArray(required) ? (required as string[]) : []);
      for (const key of Object.keys(properties)) if (!must.has(key)) found.push(`${path}.${key}`);
      for (const key of must) if (!(key in properties)) found.push(`${path}.${key} is required but not described`);
    }
    for (const [key, part] of Object.entries(value)) look(part, `${path}/${key}`);
  };
  look((at(document, 'components', 'schemas') ?? {}) as Json, '');
  return found;
}
