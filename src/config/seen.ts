import { printable as oneLine } from '../core/printable.ts';
import type { Sentence } from '../core/result.ts';
import { maskName, maskText } from '../core/secret.ts';
import { phrase } from '../words/tell.ts';
import { branchesOf, buildConfigJsonSchema, listKnownKeys, nodesAt, type SchemaNode } from './json-schema.ts';
import { findNearestWord, type Path } from './reading.ts';

const seenChars = 80;
const keyChars = 40;
const variable = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;
const masked = '***';

/** Formats a path: `mirrors[2].tls.certs.d`; empty for the whole file. Unknown keys that may be secrets are masked. */
export function pathTextOf(path: Path): string {
  return path
    .map((part, at) => {
      if (typeof part === 'number') return `[${part}]`;
      return `${at === 0 ? '' : '.'}${keyText(part, path.slice(0, at))}`;
    })
    .join('');
}

/** Formats a value for an operator as one short line. Texts that could be secrets are masked. */
export function seenTextOf(value: unknown, path: Path): Sentence | string {
  if (Array.isArray(value)) return phrase('load.seenList', { count: value.length });
  if (typeof value === 'object' && value !== null) return mappingText(value, path);
  if (typeof value === 'string') {
    if (value === '' || variable.test(value)) return JSON.stringify(value);
    return isHidden(value, path)
      ? `"${masked}"`
      : cut(JSON.stringify(isNames(path) ? maskName(value) : maskText(value)));
  }
  return typeof value === 'number' && isHidden(String(value), path) ? masked : cut(String(value));
}

/** Formats a key of a mapping, quoted; masked if the key is unknown and may be a secret. */
export function fileSeenKeyOf(key: string, parent: Path): string {
  return JSON.stringify(keyText(key, parent));
}

/** Formats a file path for messages. A text that does not look like a path may be a secret, so it is masked. */
export function fileNameTextOf(name: string): string {
  return isPathLike(name) ? cut(name) : masked;
}

/**
 * Matches the addresses that are shown as the value of `listen`. Any other text is hidden, because it may be a token.
 */
const addressLike = /^(localhost|(\d+\.)*\d{0,5}|\[[\da-f:.]*\])(:\d{0,5})?$/i;
/**
 * Matches values that are usual mistakes for a number or a list, such as `3`, `0.5`, `30s`, `20%`, `none`. Such a value
 * is shown, because it is no secret.
 */
const plain = /^(-?\d+(\.\d+)?\s?[a-zA-Z%]{0,3}|[a-z]{1,8})$/;
/**
 * Matches a version or a pattern of versions, which operators may write in place of a list: `v1.3*`, `1.2.3-rc.1`,
 * `*-windows*`. Such a value is shown, because it is no secret.
 */
const versionLike = /^(v?\d{1,4}(\.(\d{1,6}|\*)){1,3}\*?(-[a-z]{1,8}(\.\d{1,4})?)?|\*-?[a-z]{1,8}\*?)$/;

function isHidden(text: string, path: Path): boolean {
  const nodes = nodesAt(path);
  if (nodes.length === 0) return true;
  if (/(File|^netrc)$/.test(String(path.at(-1)))) return !isPathLike(text);
  const isListen = path.length === 1 && path[0] === 'listen';
  if (isListen && addressLike.test(text) && text.length <= 21) return false;
  if (path.some((_, at) => nodesAt(path.slice(0, at + 1)).some(isSecret)) || nodes.some(holdsSecret)) return true;
  return !nodes.some(takesText) && !plain.test(text) && !versionLike.test(text);
}

/** True for paths whose values may contain `@`, such as `example.com/hello@v1.0.0` or `@corp/ui`. */
function isNames([first]: Path): boolean {
  return first === 'modules' || first === 'private';
}

function isSecret(node: SchemaNode): boolean {
  return node.writeOnly === true;
}

function holdsSecret(node: SchemaNode): boolean {
  const inner = [...Object.values(node.properties ?? {}), ...(node.items === undefined ? [] : [node.items])];
  return isSecret(node) || inner.flatMap(branchesOf).some(holdsSecret);
}

function takesText({ type, enum: words, const: word }: SchemaNode): boolean {
  return type === 'string' || [...(words ?? []), word].some((one) => typeof one === 'string');
}

/** True for a text that is a path of plain segments; false for a URL, and for a single word. */
function isPathLike(text: string): boolean {
  return /^(~|\.{0,2})(\/[\w.-]{1,64})+\/?$/.test(text) || /^[a-z_.-]{1,32}(\/[a-z_.-]{1,32})+$/.test(text);
}

function mappingText(value: object, path: Path): Sentence | string {
  const keys = Object.keys(value);
  if (!nodesAt(path).some(({ properties }) => properties !== undefined))
    return phrase('load.seenMapping', { count: keys.length });
  return cut(`{ ${keys.map((key) => keyText(key, path)).join(', ')} }`);
}

function keyText(key: string, parent: Path): string {
  const known = listKnownKeys(parent);
  if (known.includes(key) || allKeys().has(key) || findNearestWord(key, known) !== null) return printable(key);
  const nodes = nodesAt(parent);
  const isNear = nodes.length === 0 || nodes.some((node) => Object.values(node.properties ?? {}).some(isNearSecret));
  return isNear || !/^[A-Za-z][A-Za-z_-]{0,23}$/.test(key) ? masked : key;
}

function isNearSecret(node: SchemaNode): boolean {
  return branchesOf(node).some(
    (branch) => isSecret(branch) || (branch.items !== undefined && isNearSecret(branch.items)),
  );
}

let everyKey: ReadonlySet<string> | null = null;

function allKeys(): ReadonlySet<string> {
  const gather = (node: SchemaNode): string[] => [
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => [key, ...branchesOf(child).flatMap(gather)]),
    ...(node.items === undefined ? [] : branchesOf(node.items).flatMap(gather)),
  ];
  everyKey ??= new Set(gather(buildConfigJsonSchema()));
  return everyKey;
}

/**
 * Makes one printable line of limited length from a text. JSON text needs this too: it may contain C1 controls, and
 * characters that change the text direction.
 */
function cut(text: string): string {
  return oneLine(text, seenChars);
}

function printable(text: string): string {
  const clean = text.replace(/[^\x20-\x7e\u00a0-\ufffd]/g, '?');
  return clean.length <= keyChars ? clean : `${clean.slice(0, keyChars - 1)}…`;
}
