import { type Document, isMap, parse, parseDocument } from 'yaml';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { listKnownKeys } from './json-schema.ts';

/** A key of the file and what it is to be instead, both as written: `advise.minGain` and `30%`. */
export interface KeyChange {
  readonly key: string;
  readonly value: string;
}

/** The top-level keys that judging reads: under others the stored answers would not have been the same. */
const judged = ['detect', 'advise', 'clients'] as const;
const keyPattern = /^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/;

/** What is wrong with a change before it is read with the file; `null`: nothing. */
export function changeProblem({ key }: KeyChange): Sentence | null {
  if (!keyPattern.test(key)) return phrase('replay.noKey', { key });
  const [top = ''] = key.split('.');
  if (judged.some((one) => one === top) || !listKnownKeys([]).includes(top)) return null;
  return phrase('replay.notJudged', { key: top, keys: judged.join(', ') });
}

/**
 * The text of a configuration with some keys changed; values are read as YAML. What the keys and values are worth is
 * for the loader to say.
 * @returns `null` where the text is no mapping, or a key lies beneath a value that is none
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
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch {
    return text;
  }
}
