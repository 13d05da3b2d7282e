import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCerts } from './certs.ts';
import { isListening } from './listening.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** A running registry with an empty storage of its own. */
export interface OciRegistry {
  readonly url: string;
  /** `127.0.0.1:port`, as names of images begin. */
  readonly host: string;
  readonly log: () => string;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a registry is beside its storage. */
export interface OciRegistryOptions {
  /** The registry that it fetches from and keeps what comes; absent: it holds what is pushed to it. */
  readonly upstream?: string;
  /** Who gives tokens for it, by URL; they are signed by a certificate of `testCerts().ca`. Absent: it is open. */
  readonly tokens?: string;
  /** Speak TLS with `testCerts().server`, and only with clients that the test CA vouches for. Default false. */
  readonly mutualTls?: boolean;
}

/** Whom tokens are made out to and by whom. */
export const tokenWords = { service: 'test-registry', issuer: 'test-tokens' } as const;

/**
 * Starts Debian's docker-registry (distribution 2.8).
 * @throws Error with its log when it does not start
 */
export async function startOciRegistry(options: OciRegistryOptions = {}): Promise<OciRegistry> {
  const { upstream, tokens, mutualTls = false } = options;
  const { ca, server: own } = testCerts();
  const dir = tempDir('oci-registry');
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(dir, 'storage') } },
    http: {
      addr: host,
      secret: 'only for this test',
      ...(mutualTls ? { tls: { certificate: own.certFile, key: own.keyFile, clientcas: [ca.certFile] } } : {}),
    },
    ...(tokens === undefined ? {} : { auth: { token: { ...tokenWords, realm: tokens, rootcertbundle: ca.certFile } } }),
    ...(upstream === undefined ? {} : { proxy: { remoteurl: upstream } }),
  };
  writeFileSync(join(dir, 'config.yml'), JSON.stringify(config));
  const server = await startProcess({
    name: 'docker-registry',
    command: commandPath('docker-registry'),
    args: ['serve', join(dir, 'config.yml')],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    cwd: dir,
    ready: ({ pid }) => isListening(pid, port),
  });
  return {
    url: `${mutualTls ? 'https' : 'http'}://${host}`,
    host,
    log: server.log,
    kill: server.kill,
    close: server.close,
  };
}
