import { limits } from '../core/limits.ts';

/** What can be ended. */
interface Socket {
  destroy(): unknown;
}

interface Connection {
  socket: Socket;
  /** Requests under way on it. */
  requests: number;
  /** A request on it was let in: with the token, or on loopback under a name of ours. */
  isLetIn: boolean;
}

type Own = ReadonlyMap<string, Connection>;

/** The connections that are open, by address, each address's in the order in which they were last of use. */
export interface Connections {
  /** @param key  unique among those that are open: address and port */
  opened(key: string, address: string, socket: Socket): void;
  /** The same connection, now through this socket (TLS). */
  secured(key: string, socket: Socket): void;
  /** A request begins (1) or has ended (-1). */
  requested(key: string, by: 1 | -1): void;
  /** A request on this connection is authorized: it is closed later than unauthorized ones. */
  letIn(key: string): void;
  closed(key: string): void;
  count(): number;
  /** Ends all. */
  end(): void;
}

/** In the order in which connections are closed: strangers before clients that were let in, idle ones before those in use. */
function rankOf({ requests, isLetIn }: Connection): number {
  return (isLetIn ? 2 : 0) + (requests > 0 ? 1 : 0);
}

/** A client that was let in is being answered: an event stream, for example. Never closed to make room. */
const inUse = 3;

/**
 * Bounds connections by making room: past the bound of an address one of its own goes, past the bound of all one of the
 * address that holds most of the lowest rank; the oldest of that rank. So a new connection comes in, a client that opens a
 * thousand and says nothing ends its own, and strangers end no stream of a client that was let in. Where all that could go
 * are such, the new one is closed.
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

  /** @returns whether one could be closed */
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

/** The lowest rank among connections of one address, how many have it, and the oldest of these. */
function lowestOf(own: Own): { readonly rank: number; readonly count: number; readonly key: string } {
  let [rank, count, key] = [inUse + 1, 0, ''];
  for (const [one, connection] of own) {
    const its = rankOf(connection);
    if (its === rank) count += 1;
    else if (its < rank) [rank, count, key] = [its, 1, one];
  }
  return { rank, count, key };
}

/** The bounds of the daemon's listener. */
export const connectionBounds = { perAddress: limits.connectionsPerAddress, all: limits.connections };
