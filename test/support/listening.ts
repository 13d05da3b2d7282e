import { readFile } from 'node:fs/promises';

/** States of /proc/net/tcp and udp: TCP_LISTEN, and what a bound UDP socket shows. */
const listenStates = { tcp: '0A', udp: '07' } as const;

/**
 * Whether anyone listens on `port` in the network namespace that process `pid` lives in, on any address.
 * Read from the kernel's table, so that asking leaves no trace in the server's log and works across namespaces.
 */
export async function isListening(pid: number, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<boolean> {
  const wantedPort = port.toString(16).toUpperCase().padStart(4, '0');
  for (const family of ['', '6']) {
    const table = await readFile(`/proc/${pid}/net/${protocol}${family}`, 'utf8');
    for (const line of table.split('\n').slice(1)) {
      const [, local, , state] = line.trim().split(/\s+/);
      if (local?.endsWith(`:${wantedPort}`) && state === listenStates[protocol]) return true;
    }
  }
  return false;
}
