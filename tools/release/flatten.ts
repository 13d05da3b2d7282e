/** The part of JSON Schema that our schemas use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/**
 * The types of every field of a schema, by its path, such as `mirrors[].name`. A `?` after the types means that the
 * field may be absent.
 * @param at    the prefix of all paths
 * @param root  the document in which references are resolved
 */
export function flattenSchema(schema: Schema, at = '', root: unknown = schema): Readonly<Record<string, string>> {
  const told = new Map<string, Set<string>>();
  visit(schema, at, new Set());
  return Object.fromEntries([...told].map(([path, types]) => [path, [...types].toSorted().join(' | ')]));

  function tell(path: string, type: string): void {
    told.set(path, (told.get(path) ?? new Set()).add(type));
  }

  function visit(node: Schema, path: string, within: ReadonlySet<string>): void {
    if (node.$ref !== undefined) {
      // A type that contains itself is visited only once.
      if (!within.has(node.$ref)) visit(resolve(root, node.$ref), path, new Set([...within, node.$ref]));
      return;
    }
    for (const branch of [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])])
      visit(branch, path, within);
    if (path !== '') for (const type of typesOf(node)) tell(path, type);
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      const below = path === '' ? name : `${path}${path.endsWith(' ') ? '' : '.'}${name}`;
      visit(child, below, within);
      if (node.required?.includes(name) !== true) tell(below, '?');
    }
    if (node.items !== undefined) visit(node.items, `${path}[]`, within);
    if (typeof node.additionalProperties === 'object') visit(node.additionalProperties, `${path}.*`, within);
  }
}

function typesOf({ type, const: only, enum: list }: Schema): readonly string[] {
  if (only !== undefined) return [JSON.stringify(only)];
  if (list !== undefined) return list.map((value) => JSON.stringify(value));
  return type === undefined ? [] : typeof type === 'string' ? [type] : type;
}

function resolve(root: unknown, reference: string): Schema {
  const parts = reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '');
  const found = parts.reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], root);
  if (found === undefined) throw new Error(`no ${reference}`);
  return found as Schema;
}
