import { limits } from '../core/limits.ts';

/** The used part of a socket. */
interface Socket {
  destroy(): unknown;
}

interface Connection {
  socket: Socket;
  /** Running requests on the connection. */
  requests: number;
  /** True: a request on the connection was authorized, by the token, or on loopback with an accepted host name. */
  isLetIn: boolean;
}

type Own = ReadonlyMap<string, Connection>;

/** Open connections by address; those of one address are in the order of last use. */
export interface Connections {
  /** @param key  unique among open connections: address and port */
  opened(key: string, address: string, socket: Socket): void;
  /** After its TLS handshake a connection uses this socket, and is closed through it. */
  secured(key: string, socket: Socket): void;
  /** A request begins (1) or has ended (-1). */
  requested(key: string, by: 1 | -1): void;
  /** A request on this connection is authorized: it is closed later than unauthorized ones. */
  letIn(key: string): void;
  closed(key: string): void;
  count(): number;
  /** Closes all connections. */
  end(): void;
}

/** The order of closing: unauthorized connections before authorized ones, idle ones before those in use. */
function rankOf({ requests, isLetIn }: Connection): number {
  return (isLetIn ? 2 : 0) + (requests > 0 ? 1 : 0);
}

/** The rank of an authorized connection with a running request, such as an event stream. Never closed for a new one. */
const inUse = 3;

/**
 * Limits connections by closing others for new ones. Above the limit of an address, the oldest of its connections with the
 * lowest rank is closed; above the total limit, that of the address with most connections of the lowest rank. So new
 * connections are accepted, an idle flood closes its own connections, and unauthorized ones close no stream of an
 * authorized client. If only such streams are left, the new one is closed.
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

/** The lowest rank among connections of one address, their number, and the oldest of them. */
function lowestOf(own: Own): { readonly rank: number; readonly count: number; readonly key: string } {
  let [rank, count, key] = [inUse + 1, 0, ''];
  for (const [one, connection] of own) {
    const its = rankOf(connection);
    if (its === rank) count += 1;
    else if (its < rank) [rank, count, key] = [its, 1, one];
  }
  return { rank, count, key };
}

/** The limits of the daemon's listener. */
export const connectionBounds = { perAddress: limits.connectionsPerAddress, all: limits.connections };
