import fc from 'fast-check';
import { at, document, isObject } from './openapi.ts';

type Json = Parameters<typeof isObject>[0];
type Schema = Readonly<Record<string, Json>>;

/** One parameter of an operation, references resolved. */
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
}

/** An operation of `openapi.yaml`, and what it says that it takes. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** `null`: it takes none. */
  readonly body: Schema | null;
  /** Statuses that it names, `default` left out. */
  readonly statuses: readonly number[];
}

/** A request as it goes over the wire, with the values that it was made of. */
export interface MadeRequest {
  readonly target: string;
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

function resolved(value: Json): Schema {
  const reference = at(value, '$ref');
  if (typeof reference === 'string') return resolved(at(document, ...reference.slice(2).split('/')));
  if (!isObject(value)) throw new Error(`openapi.yaml: no schema in ${JSON.stringify(value)}`);
  return value as Schema;
}

/** Every operation of the document. */
export function describedOperations(): readonly Operation[] {
  return Object.entries(resolved(at(document, 'paths'))).flatMap(([path, methods]) =>
    Object.entries(resolved(methods)).map(([method, operation]) => ({
      id: String(at(operation, 'operationId')),
      method: method.toUpperCase(),
      path,
      parameters: ((at(operation, 'parameters') ?? []) as readonly Json[]).map((one) => {
        const { name, in: where, required = false, schema } = resolved(one);
        return { name, in: where, required, schema: resolved(schema) } as unknown as Parameter;
      }),
      body: bodySchema(at(operation, 'requestBody', 'content', 'application/json', 'schema')),
      statuses: Object.keys(resolved(at(operation, 'responses')))
        .filter((status) => status !== 'default')
        .map(Number),
    })),
  );
}

function bodySchema(value: Json): Schema | null {
  return value === undefined ? null : resolved(value);
}

const anyText = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ minLength, maxLength }),
    fc.string({ minLength, maxLength: Math.min(maxLength, 30), unit: 'grapheme' }),
  );

/** Values that a schema allows. @throws Error on a word of JSON Schema that it does not know */
function allowed(schema: Schema): fc.Arbitrary<unknown> {
  const { enum: list, const: only, type, anyOf } = schema;
  if (list !== undefined) return fc.constantFrom(...(list as readonly Json[]));
  if (only !== undefined) return fc.constant(only);
  if (anyOf !== undefined) return fc.oneof(...(anyOf as readonly Json[]).map((one) => allowed(resolved(one))));
  if (type === 'string') return textsOf(schema);
  if (type === 'integer')
    return fc.integer({ min: Number(schema['minimum'] ?? 0), max: Number(schema['maximum'] ?? 1_000_000) });
  if (type === 'array')
    return fc.array(allowed(resolved(schema['items'])), { minLength: Number(schema['minItems'] ?? 0), maxLength: 4 });
  if (type === 'object') return objectsOf(schema);
  throw new Error(`openapi.yaml: cannot make a value of ${JSON.stringify(schema)}`);
}

function textsOf({ pattern, format, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  const [least, most] = [Number(minLength), Number(maxLength)];
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString());
  if (pattern === undefined) return anyText(least, most);
  // Anchored: what the pattern says is all of the text.
  const whole = new RegExp(String(pattern));
  if (!String(pattern).startsWith('^')) return anyText(least, most).filter((text) => whole.test(text));
  return fc.stringMatching(whole).filter((text) => text.length >= least);
}

function objectsOf(schema: Schema): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Schema);
  const more = schema['additionalProperties'];
  if (properties.length === 0 && isObject(more)) return fc.dictionary(fc.string(), allowed(resolved(more)));
  const parts = Object.fromEntries(properties.map(([key, part]) => [key, allowed(resolved(part))]));
  return fc.record(parts, { requiredKeys: (schema['required'] ?? []) as string[] });
}

/** Whether anything at all is allowed: nothing can be wrong with it. */
const isOpen = ({ anyOf }: Schema): boolean => anyOf !== undefined;

/** Texts that stand where a schema allows others. `null`: each text is allowed. */
function forbidden(schema: Schema): fc.Arbitrary<string> | null {
  const { enum: list, type, pattern, maxLength, items } = schema;
  if (list !== undefined) return anyText(1, 20).filter((text) => !(list as readonly Json[]).includes(text));
  if (type === 'integer') return fc.constantFrom('0', '501', '-1', '1.5', 'x', '1e2', ' 5', '+5', '٣', '9'.repeat(20));
  if (type === 'array') return forbidden(resolved(items))?.map((text) => text.replaceAll(',', ';')) ?? null;
  if (typeof pattern === 'string') return anyText(1, 40).filter((text) => !new RegExp(pattern).test(text));
  if (maxLength !== undefined) return fc.string({ minLength: Number(maxLength) + 1, maxLength: Number(maxLength) + 9 });
  return null;
}

/** Names and ids that the fixture knows, so that not every path leads nowhere. */
export type Known = Readonly<Record<string, readonly string[]>>;

function valuesOf(operation: Operation, known: Known): fc.Arbitrary<MadeRequest['values']> {
  const parts = operation.parameters.map(({ name, in: where, required, schema }) => {
    const made = allowed(schema).map((value) => (Array.isArray(value) ? value.join(',') : String(value)));
    const near = known[name];
    if (where === 'path') {
      const some = made.filter((text) => text !== '');
      return [name, near === undefined ? some : fc.oneof(fc.constantFrom(...near), some)] as const;
    }
    const given = near === undefined ? made : fc.oneof(fc.constantFrom(...near), made);
    return [name, required ? given : fc.option(given, { nil: undefined })] as const;
  });
  return fc.record(Object.fromEntries(parts));
}

function targetOf(
  { path, parameters }: Operation,
  values: MadeRequest['values'],
  query: readonly string[] = [],
): string {
  const at = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const given = parameters.flatMap(({ name, in: where }) => {
    const value = values[name];
    return where === 'query' && value !== undefined ? [`${name}=${encodeURIComponent(value)}`] : [];
  });
  const all = [...given, ...query].join('&');
  return all === '' ? at : `${at}?${all}`;
}

/** Requests that the description allows. */
export function allowedRequests(operation: Operation, known: Known): fc.Arbitrary<MadeRequest> {
  const body = operation.body === null ? fc.constant(undefined) : allowed(operation.body);
  return fc.tuple(valuesOf(operation, known), body).map(([values, sent]) => ({
    values,
    target: targetOf(operation, values),
    ...(sent === undefined ? {} : { body: sent }),
  }));
}

/** Requests of which one parameter, or the body, is what the description forbids. `null`: nothing can be wrong with them. */
export function forbiddenRequests(operation: Operation, known: Known): fc.Arbitrary<MadeRequest> | null {
  const body = operation.body === null ? fc.constant(undefined) : allowed(operation.body);
  const ways = [
    ...operation.parameters.flatMap((parameter) => wrongParameter(operation, parameter, valuesOf(operation, known))),
    ...(operation.body === null ? [] : [wrongBody(operation, operation.body, valuesOf(operation, known))]),
  ];
  if (ways.length === 0) return null;
  return fc
    .tuple(fc.oneof(...ways), body)
    .map(([made, sent]) => ('body' in made || sent === undefined ? made : { ...made, body: sent }));
}

function wrongParameter(
  operation: Operation,
  { name, in: where, required, schema }: Parameter,
  values: fc.Arbitrary<MadeRequest['values']>,
): readonly fc.Arbitrary<MadeRequest>[] {
  if (isOpen(schema)) return [];
  const made = (wrong: fc.Arbitrary<string | undefined>): fc.Arbitrary<MadeRequest> =>
    fc.tuple(values, wrong).map(([others, value]) => {
      const all = { ...others, [name]: value };
      return { values: all, target: targetOf(operation, all) };
    });
  const wrong = forbidden(schema);
  if (where === 'path') return wrong === null ? [] : [made(wrong)];
  const twice = values.map((others) => {
    const without = { ...others, [name]: undefined };
    const value = encodeURIComponent(others[name] ?? 'x');
    const query = [[`${name}=${value}`, `${name}=${value}`], [`${name}[]=${value}`]];
    return query.map((words) => ({ values: without, target: targetOf(operation, without, words) }));
  });
  return [
    ...(wrong === null ? [] : [made(wrong)]),
    made(fc.constant('')),
    ...(required ? [made(fc.constant(undefined))] : []),
    fc.tuple(twice, fc.nat(1)).map(([both, which]) => both[which] as MadeRequest),
  ];
}

function wrongBody(
  operation: Operation,
  schema: Schema,
  values: fc.Arbitrary<MadeRequest['values']>,
): fc.Arbitrary<MadeRequest> {
  const required = (schema['required'] ?? []) as readonly string[];
  const notThat = fc.constantFrom<Json[]>([], 'text', 7, [{}]);
  const keyWrong = fc.tuple(
    allowed(schema),
    fc.constantFrom(...required),
    fc.constantFrom<(Json | undefined)[]>(undefined, 7, null, {}),
  );
  const body = fc.oneof(
    notThat,
    keyWrong.map(([good, key, value]) => ({ ...(good as Schema), [key]: value })),
  );
  return fc
    .tuple(values, body)
    .map(([given, sent]) => ({ values: given, target: targetOf(operation, given), body: sent }));
}
