import type { AuthorityCost, Cost } from '../../core/authority-cost.ts';
import type { Talk } from '../talk.ts';
import type { Database, FoundRecord } from './database.ts';
import { askRecord, knownLookup, type Lookup, lookupPath } from './lookup.ts';
import { prove } from './proof.ts';
import { tilesToProve } from './tlog.ts';

/** Where a relay says that it is one. */
export const supportedPath = 'supported';

/** What was looked up through a relay. */
interface Relayed {
  readonly database: Database;
  readonly lookup: Lookup;
  readonly record: FoundRecord;
}

/**
 * What one lookup costs the go command with an empty cache, as these answers took: through a relay whether there is one,
 * then the record, then the tiles that prove it, all at once, over the connection that it has to the mirror anyway; asking
 * the database itself, the record and the tiles over a connection of its own. Of a second module most tiles are known already.
 * @param relay   `null`: not offered
 * @param direct  asked here, aside, for `knownLookup`: no other name is sent there. `null`: out of reach, or not to be
 *                asked. What is wrong there is nobody's fault.
 * @returns       `null` where nothing was timed
 * @see golang/mod sumdb/client.go Lookup, ReadTiles; golang/go cmd/go/internal/modfetch/sumdb.go initBase
 */
export function* costOf(relay: Relayed | null, direct: Database | null): Talk<AuthorityCost | null> {
  const relayed = relay === null ? null : relayedCost(relay);
  const own = direct === null ? null : yield* directCost(direct);
  return relayed === null && own === null ? null : { relayed, direct: own };
}

function relayedCost({ database: { took }, lookup, record }: Relayed): Cost | null {
  const [supported, found] = [took.get(supportedPath), took.get(lookupPath(lookup) ?? '')];
  if (supported === undefined || found === undefined) return null;
  return { requests: 2 + tilesOf(record), ms: supported.answerMs + found.answerMs + slowestTileMs(took) };
}

function* directCost(database: Database): Talk<Cost | null> {
  const asked = yield* askRecord(database, knownLookup, { aside: true });
  if (asked.tag === 'error') return null;
  const proven = yield* prove(database, { largest: asked.value.head, heads: [], found: [asked.value] });
  const found = database.took.get(lookupPath(knownLookup) ?? '');
  if (proven.tag === 'error' || found === undefined) return null;
  const connectMs = Math.max(...[...database.took.values()].map((took) => took.connectMs));
  return { requests: 1 + tilesOf(asked.value), ms: connectMs + found.answerMs + slowestTileMs(database.took) };
}

/** Those that a client without any needs for one record: no older head has to be a prefix of anything. */
function tilesOf({ head, id }: FoundRecord): number {
  return tilesToProve(head.size, [id], []).length;
}

function slowestTileMs(took: Database['took']): number {
  const tiles = [...took].flatMap(([path, { answerMs }]) => (path.startsWith('tile/') ? [answerMs] : []));
  return Math.max(0, ...tiles);
}
