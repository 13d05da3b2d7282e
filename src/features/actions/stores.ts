import { hash } from 'node:crypto';
import type { ActionStore } from '../../core/action.ts';
import { readJson, readMapping } from '../../core/read-json.ts';

export interface StoreRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface StoreValue {
  readonly text: string;
  /** Consul's `ModifyIndex`, which its compare-and-set needs; `''` in other stores. */
  readonly index: string;
}

/** How to read a value of one kind of store, and to replace it only if it has not changed. */
export interface KeyStore {
  readonly read: (url: string, key: string) => StoreRequest;
  /** True: a 404 means that the value does not exist, and `write` can create it. False: the value must exist. */
  readonly canCreate: boolean;
  /**
   * Returns the value in a response; `null`: it does not exist; `undefined`: the body is not a response of this store.
   */
  readonly valueIn: (body: string) => StoreValue | null | undefined;
  /**
   * Makes the request that replaces the value `before`, if it has not changed since.
   * @param after  `null`: removes or empties the value
   */
  readonly write: (url: string, key: string, before: StoreValue | null, after: string | null) => StoreRequest;
  /** True if the response to `write` confirms that the value was set. */
  readonly isDone: (body: string) => boolean;
}

const json = { 'content-type': 'application/json' } as const;

export const stores: Readonly<Record<ActionStore, KeyStore>> = {
  // `url` is etcd's endpoint for transactions, with the path `/v3/kv/txn`:
  // https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
  etcd: {
    canCreate: true,
    read: (url, key) => ({
      method: 'POST',
      url,
      headers: json,
      body: JSON.stringify({ compare: [], success: [{ request_range: { key: base64(key) } }] }),
    }),
    valueIn(body) {
      const found = listIn(readMapping(body)?.['responses'])[0] as
        | { readonly response_range?: { readonly kvs?: unknown } | null }
        | undefined;
      if (found?.response_range == null) return undefined;
      const [pair] = listIn(found.response_range.kvs) as readonly ({ readonly value?: unknown } | null)[];
      return pair === undefined ? null : decodeValue(pair?.value ?? '');
    },
    write(url, key, before, after) {
      const named = { key: base64(key) };
      const compare =
        before === null
          ? { ...named, target: 'CREATE', create_revision: '0' }
          : { ...named, target: 'VALUE', value: base64(before.text) };
      const then =
        after === null ? { request_delete_range: named } : { request_put: { ...named, value: base64(after) } };
      return { method: 'POST', url, headers: json, body: JSON.stringify({ compare: [compare], success: [then] }) };
    },
    isDone: (body) => readMapping(body)?.['succeeded'] === true,
  },
  // `url` is the URL of the key, with a path below `/v1/kv/`: https://developer.hashicorp.com/consul/api-docs/kv
  consul: {
    canCreate: true,
    read: (url) => ({ method: 'GET', url, body: '' }),
    valueIn(body) {
      const [pair] = listIn(readJson(body)) as readonly { readonly Value?: unknown; readonly ModifyIndex?: unknown }[];
      return typeof pair?.ModifyIndex === 'number' ? decodeValue(pair.Value ?? '', `${pair.ModifyIndex}`) : undefined;
    },
    // If there was no value before the change (`after` is `null`), an undo writes an empty value.
    write(url, _, before, after) {
      const made = new URL(url);
      made.searchParams.set('cas', before?.index ?? '0');
      return { method: 'PUT', url: made.href, body: after ?? '' };
    },
    isDone: (body) => body.trim() === 'true',
  },
  // `url` has the path and query `/nacos/v1/cs/configs?dataId=…&group=…`
  // (https://nacos.io/docs/v2/guide/user/open-api/). Nacos has no write that succeeds only if no value exists. A server
  // that is starting also responds 404, so a write after a 404 could overwrite an existing value.
  nacos: {
    canCreate: false,
    read: (url) => ({ method: 'GET', url, body: '' }),
    valueIn: (body) => ({ text: body, index: '' }),
    write(url, _, before, after) {
      const form = new URLSearchParams(new URL(url).search);
      form.set('content', after ?? '');
      return {
        method: 'POST',
        url: url.split('?', 1)[0] ?? url,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          casMd5: hash('md5', before?.text ?? ''),
        },
        body: form.toString(),
      };
    },
    isDone: (body) => body.trim() === 'true',
  },
};

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/**
 * Reads a value in base64; `undefined`: it is no text. Of an object, `Buffer.from` would make as many bytes as its field
 * `length` says.
 */
function decodeValue(encoded: unknown, index = ''): StoreValue | undefined {
  return typeof encoded === 'string' ? { text: Buffer.from(encoded, 'base64').toString('utf8'), index } : undefined;
}

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
