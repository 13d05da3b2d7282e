import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Answer, SeenRequest } from '../../test/support/answer.ts';

/** How one response differs from the right one. What is absent stays right. In texts `{word}` is one of the kind's words. */
export interface Odd {
  /** Only requests by this method; default: all. */
  readonly method?: 'GET' | 'HEAD';
  readonly status?: number;
  /** Headers in place of the right ones, or beside them; an empty value leaves a header out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole body. */
  readonly body?: string;
  /** A text of the body, and the text in its place. */
  readonly replace?: readonly [from: string, to: string];
  /** Values of a JSON body by their JSON pointer; `undefined` removes a member. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Bytes around the body, one for each character (Latin-1). */
  readonly before?: string;
  readonly after?: string;
  /** The number of bytes at the end that are missing; the announced length is that of the rest. */
  readonly cutBytes?: number;
  /** `sent`: the body is compressed and says so. `named`: only the header says so. `silent`: compressed, without the header. */
  readonly gzip?: 'sent' | 'named' | 'silent';
  /** Another coding of the body, which the header names. */
  readonly coded?: keyof typeof codings;
  /** The announced length minus the true one. The server then closes the connection. */
  readonly longerBytes?: number;
  /** The body is sent in chunks. */
  readonly chunked?: true;
}

const codings = {
  deflate: ['deflate', deflateSync],
  'deflate without its head': ['deflate', deflateRawSync],
  brotli: ['br', brotliCompressSync],
  'gzip twice': ['gzip, gzip', (body: Buffer) => gzipSync(gzipSync(body))],
} as const satisfies Readonly<Record<string, readonly [string, (body: Buffer) => Buffer]>>;

/** The byte order mark of UTF-8, in Latin-1. */
export const mark = '\xef\xbb\xbf';

/**
 * Makes a response odd.
 * @param finish  completes what depends on the final bytes, such as a digest header; the row's own headers come last
 */
export function madeOdd(
  right: Answer,
  { method }: Pick<SeenRequest, 'method'>,
  odd: Odd,
  finish: (answer: Answer) => Answer = (answer) => answer,
): Answer {
  if (odd.method !== undefined && odd.method !== method) return right;
  const [body, encoding] = encoded(bodyOf(right.body, odd), odd);
  const finished = finish({ status: odd.status ?? right.status, headers: { ...right.headers, ...encoding }, body });
  const { longerBytes } = odd;
  const length = { 'content-length': `${finished.body.length + (longerBytes ?? 0)}`, connection: 'close' };
  const headers = { ...finished.headers, ...(longerBytes === undefined ? {} : length), ...odd.headers };
  if (odd.chunked !== true) return { ...finished, headers };
  const chunk = Buffer.from(`${finished.body.length.toString(16)}\r\n`);
  const framed = Buffer.concat([chunk, finished.body, Buffer.from('\r\n0\r\n\r\n')]);
  return { ...finished, headers: { ...headers, 'content-length': '', 'transfer-encoding': 'chunked' }, body: framed };
}

function bodyOf(right: Buffer, { body, replace, set, before = '', after = '', cutBytes = 0 }: Odd): Buffer {
  const made = set === undefined ? Buffer.from(body ?? right) : Buffer.from(withValues(right, set));
  const [from, to] = replace ?? ['', ''];
  const text = made.toString('latin1');
  if (!text.includes(from)) throw new Error(`no ${from} in the body`);
  const middle =
    from === ''
      ? made
      : Buffer.from(
          text.replace(from, () => Buffer.from(to).toString('latin1')),
          'latin1',
        );
  const whole = Buffer.concat([Buffer.from(before, 'latin1'), middle, Buffer.from(after, 'latin1')]);
  return whole.subarray(0, whole.length - cutBytes);
}

function withValues(json: Buffer, set: Readonly<Record<string, unknown>>): string {
  const root = JSON.parse(json.toString()) as Record<string, unknown>;
  for (const [pointer, value] of Object.entries(set)) {
    const keys = pointer.split('/').slice(1);
    const last = keys.pop() ?? '';
    const holder = keys.reduce((at, key) => at[key.replaceAll('~1', '/')] as Record<string, unknown>, root);
    if (value === undefined) delete holder[last];
    else holder[last.replaceAll('~1', '/')] = value;
  }
  return JSON.stringify(root);
}

function encoded(body: Buffer, { gzip, coded }: Odd): readonly [Buffer, Readonly<Record<string, string>>] {
  if (coded !== undefined) return [codings[coded][1](body), { 'content-encoding': codings[coded][0] }];
  const header = gzip === 'sent' || gzip === 'named' ? { 'content-encoding': 'gzip' } : {};
  return [gzip === 'sent' || gzip === 'silent' ? gzipSync(body) : body, header];
}

/** Puts the words into all texts of a row. */
export function worded(odd: Odd, words: Readonly<Record<string, string>>): Odd {
  const put = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(/\{(\w+)\}/g, (all, word: string) => words[word] ?? all);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(put);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, put(one)]));
  };
  return put(odd) as Odd;
}
