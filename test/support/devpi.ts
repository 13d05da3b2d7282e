import { join } from 'node:path';
import { isListening } from './listening.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { mustRun, sealedEnv, startProcess } from './process.ts';

/** A running devpi with one index, which fetches what it is asked for from another one and keeps it. */
export interface Devpi {
  /** Of its index, `+simple` included. */
  readonly url: string;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** Its keys are derived in seconds of work unless it is told to take less. */
const cheapKeys = ['--argon2-time-cost', '1', '--argon2-memory-cost', '8', '--argon2-parallelism', '1'];

/**
 * Starts the real devpi-server, without the index of the public one that it has by default, and with a mirror of
 * `upstream`, an index's URL on this machine.
 * @param warm  projects whose files it fetches before it is returned: while devpi fetches a file for the first time, it
 *   answers other requests for that file with 500
 * @param more  further settings of the mirror, such as `mirror_cache_expiry`
 * @throws Error with its log when it does not start
 */
export async function startDevpi(
  upstream: string,
  warm: readonly string[] = [],
  more: Readonly<Record<string, unknown>> = {},
): Promise<Devpi> {
  const dir = tempDir('devpi');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...sealedEnv(), HOME: dir };
  const storage = ['--serverdir', join(dir, 'server')];
  await mustRun(commandPath('devpi-init'), [...storage, '--no-root-pypi'], { env });
  const server = await startProcess({
    name: 'devpi',
    command: commandPath('devpi-server'),
    args: [...storage, '--host', '127.0.0.1', '--port', `${port}`, '--threads', '4', ...cheapKeys],
    cwd: dir,
    env,
    ready: ({ pid }) => isListening(pid, port),
  });
  const close = async (): Promise<void> => {
    await server.close();
  };
  try {
    await addMirror(url, upstream, more);
    for (const project of warm) await fetchFiles(`${url}/root/mirror/+simple/${project}/`);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `${url}/root/mirror/+simple`, log: server.log, close };
}

async function addMirror(url: string, upstream: string, more: object): Promise<void> {
  const session = await asked(`${url}/+login`, 'POST', {}, { user: 'root', password: '' });
  const { password } = (session as { readonly result: { readonly password: string } }).result;
  const auth = Buffer.from(`root:${password}`).toString('base64');
  const index = { type: 'mirror', mirror_url: `${upstream}/`, mirror_no_project_list: true, ...more };
  await asked(`${url}/root/mirror`, 'PUT', { 'x-devpi-auth': auth }, index);
}

async function fetchFiles(page: string): Promise<void> {
  const html = await body(page);
  for (const [, href = ''] of html.matchAll(/href="([^"#]+)/g)) await body(new URL(href, page).href);
}

async function body(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url}: ${response.status} ${await response.text()}`);
  return response.text();
}

async function asked(url: string, method: string, headers: Record<string, string>, body: object): Promise<unknown> {
  const json = 'application/json';
  const answer = await fetch(url, {
    method,
    headers: { accept: json, 'content-type': json, ...headers },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
