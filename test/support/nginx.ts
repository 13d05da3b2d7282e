import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCerts } from './certs.ts';
import { isListening } from './listening.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** How to start nginx. */
export interface NginxOptions {
  /** The folder it serves. */
  readonly root: string;
  /** Address to listen on. Default 127.0.0.1; in a link's namespace its `addrB`. */
  readonly host?: string;
  /** Namespace to run in; default: ours. */
  readonly ns?: string | null;
  /** Default: free ones. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
  /** Server certificate; default `testCerts().server`. */
  readonly cert?: { readonly certFile: string; readonly keyFile: string };
  /** With it, clients must show a certificate of this CA. */
  readonly clientCaFile?: string;
  /** Where the folder appears, as `/goproxy/`. Default `/`. */
  readonly prefix?: string;
  /** It takes HTTP/2 where clients offer it. */
  readonly http2?: true;
  /** Further lines of the `server` block. */
  readonly extra?: string;
  /** Further lines of the `http` block, made from its folder. */
  readonly extraHttp?: (dir: string) => string;
}

/** A running nginx that serves a folder over TLS and over plain HTTP. */
export interface Nginx {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Its access log so far: time, status, bytes, request line, user agent. */
  readonly accessLog: () => string;
  readonly log: () => string;
  /** SIGKILL: as if the machine had lost it. */
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
}

function configuration(dir: string, ports: { http: number; https: number }, options: NginxOptions): string {
  const host = options.host ?? '127.0.0.1';
  const { certFile, keyFile } = options.cert ?? testCerts().server;
  const prefix = options.prefix ?? '/';
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const clientAuth =
    options.clientCaFile === undefined
      ? ''
      : `ssl_client_certificate ${options.clientCaFile};\n    ssl_verify_client on;`;
  // One process: no worker can outlive a killed master. No session resumption, so that each handshake is a full one.
  return `daemon off;
master_process off;
pid ${dir}/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  ${temps.map((temp) => `${temp}_temp_path ${dir}/${temp};`).join('\n  ')}
  log_format mirrorwatch '$msec $status $body_bytes_sent "$request" "$http_user_agent"';
  access_log ${dir}/access.log mirrorwatch;
  types { application/json info; text/plain mod; application/zip zip; }
  default_type text/plain;
  sendfile on;
  tcp_nodelay on;
  ${options.extraHttp?.(dir) ?? ''}
  server {
    listen ${host}:${ports.http};
    listen ${host}:${ports.https} ssl${options.http2 === true ? ' http2' : ''};
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ssl_session_cache off;
    ssl_session_tickets off;
    ${clientAuth}
    location ${prefix} { alias ${options.root.replace(/\/?$/, '/')}; }
    ${options.extra ?? ''}
  }
}
`;
}

/**
 * Starts the real nginx over a folder, without root's rights or system paths.
 * @throws Error with its log when it does not start
 */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const dir = tempDir('nginx');
  const ports = { http: options.httpPort ?? (await freePort()), https: options.httpsPort ?? (await freePort()) };
  const configFile = join(dir, 'nginx.conf');
  writeFileSync(configFile, configuration(dir, ports, options));
  writeFileSync(join(dir, 'access.log'), '');
  const server = await startProcess({
    name: 'nginx',
    command: commandPath('nginx'),
    args: ['-p', dir, '-c', configFile, '-e', 'stderr'],
    ns: options.ns ?? null,
    ready: ({ pid }) => isListening(pid, ports.http) && isListening(pid, ports.https),
  });
  const path = (options.prefix ?? '/').replace(/\/$/, '');
  const host = options.host ?? '127.0.0.1';
  return {
    httpUrl: `http://${host}:${ports.http}${path}`,
    httpsUrl: `https://${host}:${ports.https}${path}`,
    httpPort: ports.http,
    httpsPort: ports.https,
    accessLog: () => readFileSync(join(dir, 'access.log'), 'utf8'),
    log: server.log,
    kill: server.kill,
    close: server.close,
  };
}
