import { once } from 'node:events';
import { chmod, lstat, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { byOwner } from '../core/http.ts';
import { error, ok, type Result } from '../core/result.ts';
import { codeOf } from './files.ts';
import { findForeignFolder } from './foreign-folder.ts';
import { closeServer, createServer, type Listening } from './server.ts';

/** Returns the path of the socket of the daemon with this state file. */
export function socketPathOf(statePath: string): string {
  return `${statePath}-api.sock`;
}

const connectionsMax = 64;

/**
 * Opens an HTTP listener at the daemon's socket. Only the user of this process, and root, can connect. A socket that a
 * killed daemon left is replaced. If the listener cannot be opened, a file takes its place, so that clients use TCP.
 * @returns the listener, or the code of the error; the code names the folder that other users can write
 */
export async function openOwnerSocket(
  handler: RequestListener,
  statePath: string,
): Promise<Result<Pick<Listening, 'close'>, { readonly code: string }>> {
  const path = socketPathOf(statePath);
  const uid = process.geteuid?.();
  const foreign = uid === undefined ? '' : await findForeignFolder(path, uid).catch(codeOf);
  if (foreign !== null) return error({ code: `other users can write ${foreign}` });
  const server = createServer(handler);
  server.maxConnections = connectionsMax;
  server.on('connection', (socket: Socket) => Object.assign(socket, { [byOwner]: true }));
  try {
    // Nobody else can connect before the permissions are set, because nobody else can enter this folder.
    const folder = await mkdtemp(`${path}.`);
    try {
      const made = join(folder, 's');
      await once(server.listen(made), 'listening');
      await chmod(made, 0o600);
      await rename(made, path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    server.close();
    await rm(path, { force: true }).catch(() => undefined);
    await writeFile(path, '', { mode: 0o600 }).catch(() => undefined);
    return error({ code: codeOf(cause) });
  }
  return ok({
    async close(graceMs) {
      await rm(path, { force: true }).catch(() => undefined);
      await closeServer(server, () => server.closeAllConnections(), graceMs);
    },
  });
}

/**
 * Returns how the daemon with this state file can be reached by its socket. `open`: the socket is our user's, and nobody
 * else can replace it. `closed`: the state file is for our user only and there is no socket, so no daemon runs. `none`: there is
 * no such state file, or another user owns it or can replace it.
 */
export async function findOwnerSocket(statePath: string): Promise<'open' | 'closed' | 'none'> {
  const uid = process.geteuid?.();
  const path = socketPathOf(statePath);
  if (uid === undefined || (await findForeignFolder(path, uid).catch(codeOf)) !== null) return 'none';
  const socket = await lstat(path).catch(() => null);
  if (socket !== null) return socket.isSocket() && socket.uid === uid ? 'open' : 'none';
  const state = await lstat(statePath).catch(() => null);
  // Git checks out no file with this mode, so a checkout cannot hide a daemon. The daemon sets it at each start.
  return state?.uid === uid && (state.mode & 0o077) === 0 ? 'closed' : 'none';
}
