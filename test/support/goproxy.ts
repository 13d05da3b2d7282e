import { join } from 'node:path';
import { testCerts } from './certs.ts';
import { type GoEnvOptions, sealedGoEnv } from './go-env.ts';
import { isListening } from './listening.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** How to start the goproxy server (goproxy/goproxy). */
export interface GoproxyOptions {
  /** What it fetches from: its GOPROXY, URLs on this machine only. */
  readonly upstream: string;
  /** Its own checks of what it fetches; see `GoEnvOptions`. Default `'off'`. */
  readonly sumdb?: GoEnvOptions['sumdb'];
  /** Databases it relays: name → URL of the database, or of a relay of it. Default: none. */
  readonly relays?: Readonly<Record<string, string>>;
  /** Default 127.0.0.1; in a link's namespace its `addrB`. */
  readonly host?: string;
  readonly ns?: string | null;
  /** Default: a free one. */
  readonly port?: number;
  /** Speak TLS with `testCerts().server`. Default false. */
  readonly tls?: boolean;
  /** As `/goproxy`. Default: none. */
  readonly pathPrefix?: string;
  /** A Go duration; past it a fetch is a 404 that says `fetch timed out`. Default `30s`. */
  readonly fetchTimeout?: string;
}

/** A running goproxy, with an empty cache of its own. */
export interface Goproxy {
  readonly url: string;
  readonly port: number;
  readonly cacheDir: string;
  readonly log: () => string;
  /** With SIGSTOP the kernel accepts connections in its place, and nothing responds. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Starts the real goproxy server in front of an upstream: a pull-through cache.
 * @throws Error with its log when it does not start
 */
export async function startGoproxy(options: GoproxyOptions): Promise<Goproxy> {
  const dir = tempDir('goproxy');
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? (await freePort());
  const { certFile, keyFile } = testCerts().server;
  const relays = Object.entries(options.relays ?? {}).map(([name, url]) => `${name} ${url}`);
  const server = await startProcess({
    name: 'goproxy',
    command: commandPath('goproxy'),
    args: [
      'server',
      `--address=${host}:${port}`,
      `--cacher-dir=${join(dir, 'cache')}`,
      `--temp-dir=${dir}`,
      `--fetch-timeout=${options.fetchTimeout ?? '30s'}`,
      `--go-bin=${commandPath('go')}`,
      ...(options.tls === true ? [`--tls-cert-file=${certFile}`, `--tls-key-file=${keyFile}`] : []),
      ...(options.pathPrefix === undefined ? [] : [`--path-prefix=${options.pathPrefix}`]),
      ...(relays.length === 0 ? [] : [`--proxied-sumdbs=${relays.join(',')}`]),
    ],
    env: sealedGoEnv({ goproxy: options.upstream, sumdb: options.sumdb ?? 'off', gopath: join(dir, 'gopath') }),
    cwd: dir,
    ns: options.ns ?? null,
    ready: ({ pid }) => isListening(pid, port),
  });
  return {
    url: `${options.tls === true ? 'https' : 'http'}://${host}:${port}${options.pathPrefix ?? ''}`,
    port,
    cacheDir: join(dir, 'cache'),
    log: server.log,
    signal: server.signal,
    kill: server.kill,
    close: server.close,
  };
}
