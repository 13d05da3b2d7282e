import { limits } from '../core/limits.ts';

interface Socket {
  destroy(): unknown;
}

interface Connection {
  socket: Socket;
  requests: number;
  isLetIn: boolean;
}

type Own = ReadonlyMap<string, Connection>;

/** Open connections. */
export interface Connections {
  opened(key: string, address: string, socket: Socket): void;
  /** After its TLS handshake a connection is closed through this socket. */
  secured(key: string, socket: Socket): void;
  /** A request begins (1) or has ended (-1). */
  requested(key: string, by: 1 | -1): void;
  /** A request on this connection is authorized. */
  letIn(key: string): void;
  closed(key: string): void;
  count(): number;
  end(): void;
}

/** The order of closing: unauthorized connections before authorized ones, idle ones before those in use. */
function rankOf({ requests, isLetIn }: Connection): number {
  return (isLetIn ? 2 : 0) + (requests > 0 ? 1 : 0);
}

/** The rank of an authorized connection with a running request: never closed for a new one. */
const inUse = 3;

/**
 * Limits connections by closing others for new ones. Above the limit of an address, its least recently used connection
 * of the lowest rank is closed; above the total limit, that of the address with most connections of the lowest rank. If
 * all have the rank `inUse`, the new one is closed.
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

  /** Closes one connection. @returns false if all are in use */
  function makeRoom(among: Iterable<Own>): boolean {
    let least = { rank: inUse, count: 0, key: '' };
    for (const own of among) {
      const one = lowestOf(own);
      if (one.rank < least.rank || (one.rank === least.rank && one.count > least.count)) least = one;
    }
    if (least.rank === inUse) return false;
    forget(least.key)?.socket.destroy();
    return true;
  }

  return {
    opened(key, address, socket) {
      const own = byAddress.get(address);
      const isOwnFull = own !== undefined && own.size >= bounds.perAddress;
      const among = isOwnFull ? [own] : addressOf.size >= bounds.all ? byAddress.values() : null;
      if (among !== null && !makeRoom(among)) return void socket.destroy();
      const home = byAddress.get(address) ?? new Map<string, Connection>();
      home.set(key, { socket, requests: 0, isLetIn: false });
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
    letIn(key) {
      const connection = byAddress.get(addressOf.get(key) ?? '')?.get(key);
      if (connection !== undefined) connection.isLetIn = true;
    },
    closed: (key) => void forget(key),
    count: () => addressOf.size,
    end() {
      for (const key of [...addressOf.keys()]) forget(key)?.socket.destroy();
    },
  };
}

/** The lowest rank among connections of one address, their number, and the least recently used of them. */
function lowestOf(own: Own): { readonly rank: number; readonly count: number; readonly key: string } {
  let [rank, count, key] = [inUse + 1, 0, ''];
  for (const [one, connection] of own) {
    const its = rankOf(connection);
    if (its === rank) count += 1;
    else if (its < rank) [rank, count, key] = [its, 1, one];
  }
  return { rank, count, key };
}

export const connectionBounds = { perAddress: limits.connectionsPerAddress, all: limits.connections };
