import { join } from 'node:path';
import { type Answer, text } from './answer.ts';
import { isListening } from './listening.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';
import type { TinyWheel } from './pypi-index.ts';

/** A running proxpi in front of an index; it keeps the files that it has sent. */
export interface Proxpi {
  /** Of its index, `/index` included. */
  readonly url: string;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/**
 * Starts the real proxpi as its documentation says (`flask run`). It keeps the page of a project for a second.
 * @param upstream  the URL of the index, `/simple` included
 * @throws Error with its log when it does not start
 */
export async function startProxpi(upstream: string): Promise<Proxpi> {
  const dir = tempDir('proxpi');
  const port = await freePort();
  const server = await startProcess({
    name: 'proxpi',
    command: commandPath('flask'),
    args: ['--app', 'proxpi.server', 'run', '--host', '127.0.0.1', '--port', `${port}`],
    env: { PROXPI_INDEX_URL: `${upstream}/`, PROXPI_INDEX_TTL: '1', PROXPI_CACHE_DIR: join(dir, 'files') },
    cwd: dir,
    ready: ({ pid }) => isListening(pid, port),
  });
  return { url: `http://127.0.0.1:${port}/index`, log: server.log, close: () => server.close() };
}

/** The list of projects of an index, which proxpi reads before the page of a project. */
export function projectList(wheels: readonly TinyWheel[]): Answer {
  const links = [...new Set(wheels.map(({ name }) => name))].map((name) => `<a href="${name}/">${name}</a>`);
  return {
    ...text(200, `<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`),
    headers: { 'content-type': 'text/html' },
  };
}
