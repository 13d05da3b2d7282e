import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** A running etcd of one member with an empty database. */
export interface Etcd {
  readonly url: string;
  readonly put: (key: string, value: string) => Promise<unknown>;
  /** `null`: there is no such key. `version` counts its writes. */
  readonly get: (key: string) => Promise<{ readonly value: string; readonly version: string } | null>;
  readonly remove: (key: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Starts the real etcd. @throws Error with its log when it does not start */
export async function startEtcd(): Promise<Etcd> {
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const dir = tempDir('etcd');
  const server = await startProcess({
    name: 'etcd',
    command: commandPath('etcd'),
    args: [
      `--data-dir=${dir}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ],
    ready: async () => (await fetch(`${url}/health`)).ok,
  });
  const call = async (path: string, body: object) =>
    (await (await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })).json()) as {
      kvs?: { value: string; version: string }[];
    };
  const coded = (text: string): string => Buffer.from(text).toString('base64');
  return {
    url,
    put: (key, value) => call('/v3/kv/put', { key: coded(key), value: coded(value) }),
    remove: (key) => call('/v3/kv/deleterange', { key: coded(key) }),
    async get(key) {
      const [pair] = (await call('/v3/kv/range', { key: coded(key) })).kvs ?? [];
      return pair === undefined ? null : { value: Buffer.from(pair.value, 'base64').toString(), version: pair.version };
    },
    close: () => server.close(),
  };
}
