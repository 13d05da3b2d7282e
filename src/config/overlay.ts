import { type Document, isMap, parse, parseDocument } from 'yaml';
import { getOrElse } from '../core/get-or-else.ts';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { listKnownKeys } from './json-schema.ts';

/** A key and its new value, as an operator writes them: `advise.minGain` and `30%`. */
export interface KeyChange {
  readonly key: string;
  readonly value: string;
}

/** The top-level keys that affect only detection and advice. So stored samples stay valid when they change. */
const judged = ['detect', 'advise', 'clients'] as const;
const keyPattern = /^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/;

/**
 * Returns why a key cannot be changed; `null`: it can be, or its top-level key is unknown. The value is not checked.
 */
export function changeProblem({ key }: KeyChange): Sentence | null {
  if (!keyPattern.test(key)) return phrase('replay.noKey', { key });
  const [top = ''] = key.split('.');
  if (judged.some((one) => one === top) || !listKnownKeys([]).includes(top)) return null;
  return phrase('replay.notJudged', { key: top, keys: judged.join(', ') });
}

/**
 * Returns the text with some keys changed. A value is parsed as YAML; if that fails, it is used as text. `null`: a key
 * does not fit the structure of the text, or `text` is invalid.
 */
export function applyChanges(text: string, changes: readonly KeyChange[]): string | null {
  const document: Document = parseDocument(text, { logLevel: 'error' });
  if (document.contents === null) document.contents = document.createNode({}) as unknown as Document['contents'];
  if (!isMap(document.contents)) return null;
  try {
    for (const { key, value } of changes) document.setIn(key.split('.'), document.createNode(readValue(value)));
    return String(document);
  } catch {
    return null;
  }
}

function readValue(text: string): unknown {
  return getOrElse(() => parse(text, { logLevel: 'error' }) as unknown, text);
}
