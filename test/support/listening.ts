import { closeSync, openSync, readSync } from 'node:fs';

/** States of /proc/net/tcp and udp: TCP_LISTEN, and what a bound UDP socket shows. */
const listenStates = { tcp: '0A', udp: '07' } as const;

/**
 * Whether anyone listens on `port` in the network namespace that process `pid` lives in, on any IPv4 address.
 * Read from the kernel's table, so that asking leaves no trace in the server's log and works across namespaces. It begins
 * with those who listen on TCP: what follows is not read, as the kernel looks into hundreds of thousands of places for it.
 */
export function isListening(pid: number, port: number, protocol: 'tcp' | 'udp' = 'tcp'): boolean {
  const wanted = { port: `:${port.toString(16).toUpperCase().padStart(4, '0')}`, state: listenStates[protocol] };
  const table = openSync(`/proc/${pid}/net/${protocol}`, 'r');
  try {
    const piece = Buffer.alloc(64 * 1024);
    for (let text = ''; ; ) {
      const bytes = readSync(table, piece);
      text += piece.toString('latin1', 0, bytes);
      const rows = text.split('\n').slice(1, -1);
      const sockets = rows.map((row) => row.trim().split(/\s+/));
      const listening = sockets.filter(([, , , state]) => state === wanted.state);
      if (listening.some(([, local]) => local?.endsWith(wanted.port))) return true;
      if (bytes === 0 || (protocol === 'tcp' && listening.length < sockets.length)) return false;
    }
  } finally {
    closeSync(table);
  }
}
