import type { AuthorityCost, Cost } from '../../core/transcript.ts';
import type { Talk } from '../talk.ts';
import type { Lookup } from './context.ts';
import { type Database, type FoundRecord, knownLookup, lookupPathOf, requestRecord } from './lookup.ts';
import { verifyClaim } from './proof.ts';
import { tilesToProve } from './tlog.ts';

/**
 * The path that clients request first from a relay of the checksum database. A 404 or 410 means that the mirror has no
 * relay.
 */
export const supportedPath = 'supported';

interface Relayed {
  readonly database: Database;
  readonly lookup: Lookup;
  readonly record: FoundRecord;
}

/**
 * Returns the requests and milliseconds that one lookup costs the go command with an empty cache. `relayed`: through
 * the mirror's relay, over the existing connection. `direct`: from the database itself, over a new connection.
 * @param relay   what the probe received through the mirror's relay; `null`: the mirror has no relay
 * @param direct  the database itself, which this function queries; its failures do not count against the mirror
 * @returns       both costs; `null`: the relay was not timed, or neither cost is known
 * @see golang/mod sumdb/client.go Lookup, ReadTiles; golang/go cmd/go/internal/modfetch/sumdb.go initBase
 */
export function* lookupCostOf(relay: Relayed | null, direct: Database | null): Talk<AuthorityCost | null> {
  const relayed = relay === null ? null : relayedCost(relay);
  const own = direct === null ? null : yield* directCost(direct);
  // Else a relay that was not timed would be shown as no relay.
  if (relayed === null && (relay !== null || own === null)) return null;
  return { relayed, direct: own };
}

function relayedCost({ database: { took }, lookup, record }: Relayed): Cost | null {
  const [supported, found] = [took.get(supportedPath), took.get(lookupPathOf(lookup) ?? '')];
  if (supported === undefined || found === undefined) return null;
  return { requests: 2 + tilesOf(record), ms: supported.answerMs + found.answerMs + slowestTileMs(took) };
}

function* directCost(database: Database): Talk<Cost | null> {
  const record = yield* requestRecord(database, knownLookup, { aside: true });
  if (record.tag === 'error') return null;
  const proven = yield* verifyClaim(database, { largest: record.value.head, heads: [], found: [record.value] });
  const found = database.took.get(lookupPathOf(knownLookup) ?? '');
  if (proven.tag === 'error' || found === undefined) return null;
  const connectMs = Math.max(...[...database.took.values()].map((took) => took.connectMs));
  return { requests: 1 + tilesOf(record.value), ms: connectMs + found.answerMs + slowestTileMs(database.took) };
}

function tilesOf({ head, id }: FoundRecord): number {
  return tilesToProve(head.size, [id], []).length;
}

function slowestTileMs(took: Database['took']): number {
  const tiles = [...took].flatMap(([path, { answerMs: responseMs }]) => (path.startsWith('tile/') ? [responseMs] : []));
  return Math.max(0, ...tiles);
}
