import { limits } from '../core/limits.ts';

interface Socket {
  /** The number of bytes that were sent or wait to be sent, and of those that wait. */
  readonly bytesWritten: number;
  readonly writableLength: number;
  destroy(): unknown;
}

interface Connection {
  readonly address: string;
  socket: Socket;
  requests: number;
  isLetIn: boolean;
  /** True while the connection is younger than about `newMs`, because its first request may still be on the way. */
  isNew: boolean;
  /** The value of `bytesWritten` since `sinceMs` at least, while bytes wait to be sent. */
  stall: { readonly bytes: number; readonly sinceMs: number };
}

export type Connections = ReturnType<typeof createConnections>;

const newMs = 1_000;
/** A client that reads nothing of its response for this time, milliseconds, makes room for other clients. */
const stalledMs = 5_000;

/**
 * The rank of a connection; the lowest rank is closed first. Unauthorized connections rank below authorized ones. In
 * each of the two groups the order is: idle, new, with a running request.
 */
function rankOf({ requests, isLetIn, isNew }: Connection): number {
  return (isLetIn ? 2 : 0) + (requests > 0 ? 1 : isNew ? 0.5 : 0);
}

/**
 * The rank of an authorized connection with a running request. Such a connection is never closed for a new one, unless
 * its client does not read.
 */
const inUse = 3;
const stalled = 2.75;

/** Notes which clients read. It is called for each new connection. */
function noteStalls(connections: Iterable<Connection>, sinceMs: number): void {
  for (const connection of connections) {
    const { bytesWritten: bytes, writableLength } = connection.socket;
    if (writableLength === 0 || bytes !== connection.stall.bytes) connection.stall = { bytes, sinceMs };
  }
}

function endNewness(connection: Connection): void {
  // `setImmediate` lets the next read run first: a request may have arrived while the event loop was late.
  setTimeout(() => {
    setImmediate(() => {
      connection.isNew = false;
    });
  }, newMs).unref();
}

/**
 * Limits the number of open connections. At the limit of one address, a new connection replaces a connection of that
 * address: the least recently used one of the lowest rank. At the limit of all addresses, it replaces a connection of
 * the address that has most connections of the lowest rank. If all these connections have the rank `inUse`, the new
 * connection is closed. The same if they do not read, but no address has more than `limits.unreadPerAddress` of them.
 * @param nowMs  the monotonic clock
 */
export function createConnections(bounds: { readonly perAddress: number; readonly all: number }, nowMs: () => number) {
  /** Open connections by key, the least recently used first. */
  const open = new Map<string, Connection>();

  function close(key: string): void {
    const connection = open.get(key);
    open.delete(key);
    connection?.socket.destroy();
  }

  /** Closes a connection of this address (`null`: of any address). @returns true; false if all are in use */
  function makeRoom(address: string | null): boolean {
    let rank = inUse;
    /** By address: its least recently used connection of the lowest rank, and the number of such connections. */
    let lowest = new Map<string, { readonly key: string; count: number }>();
    for (const [key, one] of open) {
      const its = Math.min(rankOf(one), nowMs() - one.stall.sinceMs < stalledMs ? inUse : stalled);
      if (its > rank || (address !== null && one.address !== address)) continue;
      if (its < rank) lowest = new Map();
      rank = its;
      const own = lowest.get(one.address) ?? { key, count: 0 };
      own.count += 1;
      lowest.set(one.address, own);
    }
    const [most] = [...lowest.values()].sort((a, b) => b.count - a.count);
    const isSpared = rank === stalled && address === null && (most?.count ?? 0) <= limits.unreadPerAddress;
    if (rank === inUse || most === undefined || isSpared) return false;
    close(most.key);
    return true;
  }

  return {
    opened(key: string, address: string, socket: Socket): void {
      noteStalls(open.values(), nowMs());
      const isOwnFull = [...open.values()].filter((one) => one.address === address).length >= bounds.perAddress;
      const isFull = isOwnFull || open.size >= bounds.all;
      if (isFull && !makeRoom(isOwnFull ? address : null)) return void socket.destroy();
      const stall = { bytes: 0, sinceMs: nowMs() };
      const connection: Connection = { address, socket, requests: 0, isLetIn: false, isNew: true, stall };
      open.set(key, connection);
      endNewness(connection);
    },
    /** Replaces the socket of a connection after its TLS handshake. */
    secured(key: string, socket: Socket): void {
      const connection = open.get(key);
      if (connection !== undefined) connection.socket = socket;
    },
    /** Counts a request that begins (1) or has ended (-1). @returns the number of running requests of the connection */
    requested(key: string, by: 1 | -1): number {
      const connection = open.get(key);
      if (connection === undefined) return 0;
      connection.requests += by;
      open.delete(key);
      open.set(key, connection);
      return connection.requests;
    },
    letIn(key: string): void {
      const connection = open.get(key);
      if (connection !== undefined) connection.isLetIn = true;
    },
    closed: (key: string) => void open.delete(key),
    count: () => open.size,
    end(): void {
      for (const key of [...open.keys()]) close(key);
    },
  };
}
