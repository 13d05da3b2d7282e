import { execFile } from 'node:child_process';
import { watchFile } from 'node:fs';

/** The interval at which a file is checked for changes, milliseconds. */
const checkMs = 5_000;

/**
 * Tells systemd that this service is ready (`Type=notify`), and feeds its watchdog (`WatchdogSec=`). Without
 * NOTIFY_SOCKET it does nothing. Node has no Unix datagram sockets, so the program `systemd-notify` sends the messages
 * ([decision 0241](../../docs/decisions/0241-deployment-by-capability.md)).
 * @param nextTurn  settles when the main loop has made a turn; until then the watchdog gets nothing. Default: at once
 */
export function notifySystemd(
  env: Readonly<Record<string, string | undefined>>,
  nextTurn: () => Promise<unknown> = () => Promise.resolve(),
): void {
  if (!env['NOTIFY_SOCKET']) return;
  const send = (message: string): void => void execFile('systemd-notify', [message], () => undefined);
  send('READY=1');
  const everyMs = Number(env['WATCHDOG_USEC'] ?? 0) / 2_000;
  const feed = (): void => send('WATCHDOG=1');
  // A turn whose commit failed is a turn too: a full disk needs no restart.
  if (everyMs > 0) setInterval(() => void nextTurn().then(feed, feed), everyMs).unref();
}

/** Calls `changed` when a file changes, or when its symbolic link leads to another file, as in volumes of Kubernetes. */
export function watchForChange(path: string, changed: () => void): void {
  watchFile(path, { interval: checkMs, persistent: false }, changed);
}
