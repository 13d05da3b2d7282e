import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCerts } from './certs.ts';
import { isListening } from './listening.ts';
import { commandPath, repoDir, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { mustRun, startProcess } from './process.ts';

/** A running server that serves a folder over TLS, with HTTP/2 where clients offer it. */
export type H2FileServer = { readonly httpsUrl: string; readonly close: () => Promise<void> };

/** Starts the real Caddy over a folder. @throws Error with its log when it does not start */
export async function startCaddy(root: string): Promise<H2FileServer> {
  const dir = tempDir('caddy');
  const port = await freePort();
  const { certFile, keyFile } = testCerts().server;
  const site = `https://127.0.0.1:${port} {\n  bind 127.0.0.1\n  tls ${certFile} ${keyFile}\n  root * ${root}\n  file_server\n}\n`;
  writeFileSync(join(dir, 'Caddyfile'), `{\n  admin off\n  auto_https off\n  storage file_system ${dir}\n}\n${site}`);
  const server = await startProcess({
    name: 'caddy',
    command: commandPath('caddy'),
    args: ['run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile'],
    cwd: dir,
    env: { HOME: dir, XDG_CONFIG_HOME: dir, XDG_DATA_HOME: dir },
    ready: ({ pid }) => isListening(pid, port),
  });
  return {
    httpsUrl: `https://127.0.0.1:${port}`,
    close: () => server.close(),
  };
}

/** Builds and starts `go-server/main.go` over a folder; each response takes `delay`. @throws Error with its log when it does not build or start */
export async function startGoServer(
  root: string,
  delay = '0s',
): Promise<H2FileServer & { readonly signal: (signal: NodeJS.Signals) => void }> {
  const dir = tempDir('go-server');
  const port = await freePort();
  const { certFile, keyFile } = testCerts().server;
  const source = join(repoDir, 'test', 'support', 'go-server', 'main.go');
  const command = join(dir, 'server');
  await mustRun(commandPath('go'), ['build', '-o', command, source], {
    cwd: dir,
    env: { GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local', GOPROXY: 'off' },
  });
  const server = await startProcess({
    name: 'go-server',
    command,
    args: [`127.0.0.1:${port}`, root, certFile, keyFile, delay],
    ready: ({ pid }) => isListening(pid, port),
  });
  return {
    signal: server.signal,
    httpsUrl: `https://127.0.0.1:${port}`,
    close: () => server.close(),
  };
}
