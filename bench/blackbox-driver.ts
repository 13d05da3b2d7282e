import { connect, type Socket } from 'node:net';

const chunkedEnd = '\r\n0\r\n\r\n';

/** How a round of probes went. */
export interface Round {
  readonly ok: number;
  readonly failed: number;
  readonly tookMs: number;
}

/**
 * Has a blackbox_exporter probe a URL, so many at a time for so long, over kept connections and with as little work on
 * this side as can be: its cores are the ones that it shares with us.
 */
export async function driveBlackbox(
  port: number,
  target: string,
  module: string,
  forMs: number,
  atOnce: number,
): Promise<Round> {
  const path = `/probe?target=${encodeURIComponent(target)}&module=${module}`;
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  const startedMs = performance.now();
  const count = { ok: 0, failed: 0 };
  const sockets = Array.from({ length: atOnce }, () => connect({ host: '127.0.0.1', port, noDelay: true }));
  await Promise.all(sockets.map((socket) => askOver(socket, request, startedMs + forMs, count)));
  return { ...count, tookMs: performance.now() - startedMs };
}

function askOver(
  socket: Socket,
  request: string,
  untilMs: number,
  count: { ok: number; failed: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let page = '';
    const ask = (): void => {
      page = '';
      socket.write(request);
    };
    socket.setEncoding('latin1');
    socket.once('connect', ask);
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.on('data', (text: string) => {
      page += text;
      if (!isWhole(page)) return;
      if (page.includes('\nprobe_success 1\n')) count.ok += 1;
      else count.failed += 1;
      if (performance.now() < untilMs) ask();
      else socket.destroy();
    });
  });
}

/** True for an HTTP/1.1 answer that has ended, by its length or its last chunk. */
export function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, headEnd + 2))?.[1];
  return length === undefined ? answer.endsWith(chunkedEnd) : answer.length >= headEnd + 4 + Number(length);
}
