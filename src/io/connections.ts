import { limits } from '../core/limits.ts';

/** What can be ended. */
interface Socket {
  destroy(): unknown;
}

interface Connection {
  socket: Socket;
  /** Requests under way on it. */
  requests: number;
}

/** The connections that are open, by address, each address's in the order in which they were last of use. */
export interface Connections {
  /** @param key  unique among those that are open: address and port */
  opened(key: string, address: string, socket: Socket): void;
  /** The same connection, now through this socket (TLS). */
  secured(key: string, socket: Socket): void;
  /** A request begins (1) or has ended (-1). */
  requested(key: string, by: 1 | -1): void;
  closed(key: string): void;
  count(): number;
  /** Ends all. */
  end(): void;
}

/**
 * Bounds connections by making room: past the bound of an address its own oldest goes that nothing is asked on, else its
 * oldest; past the bound of all, that of whoever holds most. So a new one always comes in, and who opens a thousand and
 * says nothing (or reads nothing) ends his own.
 */
export function createConnections(bounds: { readonly perAddress: number; readonly all: number }): Connections {
  const byAddress = new Map<string, Map<string, Connection>>();
  const addressOf = new Map<string, string>();

  function forget(key: string): Connection | undefined {
    const address = addressOf.get(key);
    const own = address === undefined ? undefined : byAddress.get(address);
    if (address === undefined || own === undefined) return undefined;
    const connection = own.get(key);
    own.delete(key);
    addressOf.delete(key);
    if (own.size === 0) byAddress.delete(address);
    return connection;
  }

  function makeRoom(own: ReadonlyMap<string, Connection> | undefined): void {
    if (own === undefined) return;
    const [oldest] = own;
    const waiting = [...own].find(([, { requests }]) => requests === 0);
    const key = (waiting ?? oldest)?.[0];
    if (key !== undefined) forget(key)?.socket.destroy();
  }

  function largest(): ReadonlyMap<string, Connection> | undefined {
    return [...byAddress.values()].reduce((most, own) => (own.size > most.size ? own : most), new Map());
  }

  return {
    opened(key, address, socket) {
      const own = byAddress.get(address);
      if (own !== undefined && own.size >= bounds.perAddress) makeRoom(own);
      else if (addressOf.size >= bounds.all) makeRoom(largest());
      const home = byAddress.get(address) ?? new Map<string, Connection>();
      home.set(key, { socket, requests: 0 });
      byAddress.set(address, home);
      addressOf.set(key, address);
    },
    secured(key, socket) {
      const connection = byAddress.get(addressOf.get(key) ?? '')?.get(key);
      if (connection !== undefined) connection.socket = socket;
    },
    requested(key, by) {
      const own = byAddress.get(addressOf.get(key) ?? '');
      const connection = own?.get(key);
      if (own === undefined || connection === undefined) return;
      connection.requests += by;
      own.delete(key);
      own.set(key, connection);
    },
    closed: (key) => void forget(key),
    count: () => addressOf.size,
    end() {
      for (const key of [...addressOf.keys()]) forget(key)?.socket.destroy();
    },
  };
}

/** The bounds of the daemon's listener. */
export const connectionBounds = { perAddress: limits.connectionsPerAddress, all: limits.connections };
