import { z } from 'zod';
import type { Path } from './reading.ts';
import { fileSchema } from './schema.ts';

export interface SchemaNode {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly not?: unknown;
  readonly writeOnly?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

let made: SchemaNode | null = null;

/**
 * Builds the JSON Schema (draft 2020-12) of the configuration file as operators write it, for editors and the reference
 * page.
 */
export function buildConfigJsonSchema(): SchemaNode {
  made ??= { ...(z.toJSONSchema(fileSchema, { io: 'input' }) as SchemaNode), title: 'mirrorwatch configuration' };
  return made;
}

/**
 * Returns the schema nodes of the value at a path: one for each kind of value that is allowed there. The list is empty
 * for an unknown path.
 */
export function nodesAt(path: Path): readonly SchemaNode[] {
  let nodes: readonly SchemaNode[] = [buildConfigJsonSchema()];
  for (const part of path) {
    nodes = nodes.flatMap(branchesOf).flatMap((node) => {
      if (typeof part === 'number') return node.items ?? [];
      return Object.hasOwn(node.properties ?? {}, part) ? (node.properties?.[part] ?? []) : [];
    });
  }
  return nodes.flatMap(branchesOf);
}

export function listKnownKeys(path: Path): readonly string[] {
  // This is a shortcut: most warnings name a top-level key, and building the JSON Schema takes as long as reading a
  // small file.
  if (path.length === 0) return Object.keys(fileSchema.shape);
  return [...new Set(nodesAt(path).flatMap((node) => Object.keys(node.properties ?? {})))];
}

export function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(branchesOf);
}
