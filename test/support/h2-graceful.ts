import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testCerts } from './certs.ts';
import { startGoServer } from './h2-servers.ts';
import { isListening } from './listening.ts';
import { startNginx } from './nginx.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';
import type { Need } from './requires.ts';

// Servers of their makers that end HTTP/2 connections as their operators make them: by a limit of requests, or by a reload.

/** A server that answers each request after `answerMs`. */
export interface GracefulServer {
  readonly url: string;
  /** Lets it end its connections, and go on with new ones; absent: it does so by itself. */
  readonly reload?: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const answerMs = 100;

/** What proxies have behind them. */
async function startBackend(): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer((_, response) => void setTimeout(() => response.end('ok'), answerMs));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function startLimitedNginx(root: string): Promise<GracefulServer> {
  const backend = await startBackend();
  const extra = `keepalive_requests 3;\n    location /go/ { proxy_pass http://127.0.0.1:${backend.port}; }`;
  const nginx = await startNginx({ root, http2: true, extra });
  return {
    url: `${nginx.httpsUrl}/go`,
    close: async () => {
      await nginx.close();
      await backend.close();
    },
  };
}

async function startReloadedCaddy(): Promise<GracefulServer> {
  const backend = await startBackend();
  const dir = tempDir('caddy-graceful');
  const [port, admin] = [await freePort(), await freePort()];
  const { certFile, keyFile } = testCerts().server;
  const text = (edition: number): string =>
    `{\n  admin 127.0.0.1:${admin}\n  auto_https off\n  grace_period 5s\n  storage file_system ${dir}\n}\n` +
    `https://127.0.0.1:${port} {\n  bind 127.0.0.1\n  tls ${certFile} ${keyFile}\n  header edition ${edition}\n` +
    `  reverse_proxy 127.0.0.1:${backend.port}\n}\n`;
  const file = join(dir, 'Caddyfile');
  writeFileSync(file, text(0));
  const server = await startProcess({
    name: 'caddy',
    command: commandPath('caddy'),
    args: ['run', '--config', file, '--adapter', 'caddyfile'],
    cwd: dir,
    env: { HOME: dir, XDG_CONFIG_HOME: dir, XDG_DATA_HOME: dir },
    ready: ({ pid }) => isListening(pid, port) && isListening(pid, admin),
  });
  let edition = 0;
  return {
    url: `https://127.0.0.1:${port}`,
    reload: async () => {
      edition += 1;
      const headers = { 'content-type': 'text/caddyfile' };
      await fetch(`http://127.0.0.1:${admin}/load`, { method: 'POST', headers, body: text(edition) });
    },
    close: async () => {
      await server.close();
      await backend.close();
    },
  };
}

async function startReloadedHaproxy(): Promise<GracefulServer> {
  const backend = await startBackend();
  const dir = tempDir('haproxy-graceful');
  const port = await freePort();
  const { certFile, keyFile } = testCerts().server;
  const pem = join(dir, 'server.pem');
  writeFileSync(pem, readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'));
  /** Each process has a socket of its own: that it is there says that the process listens. */
  const start = (edition: number) => {
    const [file, socket] = [join(dir, `${edition}.cfg`), join(dir, `${edition}.sock`)];
    writeFileSync(
      file,
      `global
  stats socket ${socket}
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend f
  bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1
  default_backend b
backend b
  server s 127.0.0.1:${backend.port}
`,
    );
    return startProcess({
      name: 'haproxy',
      command: commandPath('haproxy'),
      args: ['-db', '-f', file],
      ready: ({ pid }) => existsSync(socket) && isListening(pid, port),
    });
  };
  const running = [await start(0)];
  return {
    url: `https://127.0.0.1:${port}`,
    reload: async () => {
      const before = running.at(-1);
      running.push(await start(running.length));
      before?.signal('SIGUSR1');
    },
    close: async () => {
      await Promise.all(running.map((one) => one.close()));
      await backend.close();
    },
  };
}

/** By name: what each needs, and how to start it over a folder with the files that are asked for. */
export const gracefulServers: readonly (readonly [
  string,
  readonly Need[],
  (root: string) => Promise<GracefulServer>,
])[] = [
  ['nginx with keepalive_requests 3', ['nginx'], startLimitedNginx],
  ['Caddy that is reloaded', ['caddy'], startReloadedCaddy],
  ['HAProxy that is reloaded', ['haproxy'], startReloadedHaproxy],
  [
    "Go's http.Server that is shut down",
    ['go'],
    async (root) => {
      const server = await startGoServer(root, `${answerMs}ms`);
      return { url: server.httpsUrl, reload: async () => server.signal('SIGHUP'), close: server.close };
    },
  ],
];
