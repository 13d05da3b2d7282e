import { isMarkup } from '../../core/body.ts';
import { isMismatch } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { AuthorityCost, Cost, Facts, Verdict } from '../../core/transcript.ts';
import { wrongContent } from '../../words/tell.ts';
import { type Ask, below, ended, failedBy, fine, isNotOffered, type Talk, unaskable } from '../talk.ts';
import type { GoContext, KnownHead, Lookup } from './context.ts';
import {
  type Database,
  directOf,
  type FoundRecord,
  getFrom,
  knownLookup,
  lookupPathOf,
  relayOf,
  requestHead,
  requestRecord,
} from './lookup.ts';
import { parseVerifier, type SignedHead, type Verifier } from './note.ts';
import { tilesToProve, verifyClaim } from './proof.ts';
import { isCanonical } from './version.ts';

/**
 * A path that does not exist. If a server returns 200 for it, the server returns 200 for every path, so the probe
 * fails. The path has no `/@`, so a proxy rejects its syntax and sends no request upstream.
 */
const impossiblePath = 'mirrorwatch-negative-control';

/**
 * Probes a mirror's relay of the checksum database. If the mirror offers a relay that then fails, the probe fails,
 * because builds fail too. A relay with an older but consistent tree head (signed size and root hash of the log) is ok.
 * @see docs/protocols/go.md#checksum-database, docs/protocols/go.md#relay; docs/decisions/0018
 */
export function* sumdb(context: GoContext, upstream: string): Talk<Verdict> {
  const verifier = parseVerifier(context.own.sumdb?.verifierKey ?? '');
  if (context.own.sumdb === null || verifier === null) return ended(unaskable);
  const relay = relayOf(context, verifier);
  const supported = yield* getFrom(relay, supportedPath, { bodyBytesMax: limits.noteBytes });
  if (supported.tag === 'error') {
    return isNotOffered(supported.error) ? yield* withoutRelay(context, verifier) : ended(supported.error);
  }
  if (isMarkup(supported.value.body)) return failedBy(catchAll);
  const lookup = lookupOf(context, upstream);
  const found = lookup === null ? ok(null) : yield* requestRecord(relay, lookup, { aside: false });
  if (found.tag === 'error') return ended(found.error);
  const latest = yield* requestHead(relay);
  const records = all(found.value);
  // The go command never requests the path `latest`. So a relay may lack it; then the tree head in the record's
  // response is used.
  if (latest.tag === 'error' && (records.length === 0 || !isNotOffered(latest.error))) return ended(latest.error);
  const heads = distinct([...(latest.tag === 'ok' ? [latest.value] : []), ...records.map(({ head }) => head)]);
  const largest = largestOf(heads);
  const own = yield* requestDirectly(directOf(context, verifier));
  const { treeHead: before } = context.own;
  const claim = { largest, heads: [...heads, ...all(own?.head), ...all(before)], found: records };
  const authority: Facts = own === null ? {} : { authority: { name: verifier.name, size: own.head?.size ?? null } };
  const proven = yield* verifyClaim(relay, claim);
  if (proven.tag === 'error') return ended(proven.error.outcome, { ...authority, ...proven.error.facts });
  const newest = yield* proveItself(own, claim.heads, largest);
  if (newest.tag === 'error') return ended(newest.error.outcome, { ...authority, ...newest.error.facts });
  const control = yield { url: below(context, impossiblePath), aside: true, bodyBytesMax: limits.errorBodyBytes };
  const isCaught = control.tag === 'answered' && control.status === 200;
  const { size, rootBase64 } = largest;
  const facts: Facts = {
    treeHead: { name: verifier.name, size, rootBase64 },
    contents: { serial: size },
    offers: { sumdb: true },
    ...authority,
    own: { head: { name: verifier.name, ...newest.value }, after: before?.size ?? null },
  };
  if (isCaught) return failedBy(catchAll, withLogged(facts, records));
  const more = yield* learnMore(relay, largest, all(before));
  if (more.tag === 'error') return ended(more.error.outcome, { ...authority, ...more.error.facts });
  const { value: record } = found;
  const logged = withLogged(facts, [...records, ...more.value]);
  if (lookup === null || record === null) return fine(logged);
  return fine(withCost(logged, yield* lookupCostOf({ database: relay, lookup, record }, reached(own))));
}

/**
 * Handles a mirror without a relay. Its clients query the database directly, so the probe measures only the cost of
 * such a query.
 */
function* withoutRelay(context: GoContext, verifier: Verifier): Talk<Verdict> {
  const own = reached(yield* requestDirectly(directOf(context, verifier)));
  return fine(withCost({ notOffered: true, offers: { sumdb: false } }, yield* lookupCostOf(null, own)));
}

function reached(own: Itself | null): Database | null {
  return own === null || own.head === null ? null : own.database;
}

function withCost(facts: Facts, authorityCost: AuthorityCost | null): Facts {
  return authorityCost === null ? facts : { ...facts, authorityCost };
}

function withLogged(facts: Facts, records: readonly FoundRecord[]): Facts {
  if (records.length === 0) return facts;
  return { ...facts, logged: Object.assign({}, ...records.map(({ hashes }) => hashes)) };
}

const catchAll = wrongContent('answer.everyPath');

function lookupOf(context: GoContext, upstream: string): Lookup | null {
  const { lookup } = context.own;
  if (lookup !== undefined && isCanonical(lookup.version)) return lookup;
  return upstream === 'go' ? knownLookup : null;
}

/**
 * Looks up modules without a stored hash, and proves that their records are in the log, `limits.lookupsAtOnce` at a
 * time. It skips modules that are not in the log. Any other failure ends the lookups. Only a mismatch counts against
 * the relay: it is returned as the error. Else the proven records are returned.
 */
function* learnMore(
  relay: Database,
  served: SignedHead,
  known: readonly KnownHead[],
): Talk<Result<readonly FoundRecord[], Verdict>> {
  const { unknown = [] } = relay.context.own;
  const learnt: FoundRecord[] = [];
  for (let from = 0; from < unknown.length; from += limits.lookupsAtOnce) {
    const found = yield* requestSome(relay, unknown.slice(from, from + limits.lookupsAtOnce));
    if (found.tag === 'error') return error(ended(found.error));
    const { records, isEnd } = found.value;
    if (records.length > 0) {
      const heads = distinct([served, ...records.map(({ head }) => head)]);
      const claim = { largest: largestOf(heads), heads: [...heads, ...known], found: records };
      const proven = yield* verifyClaim(relay, claim);
      if (proven.tag === 'error') return isMismatch(proven.error.outcome) ? proven : ok(learnt);
      learnt.push(...records);
    }
    if (isEnd) break;
  }
  return ok(learnt);
}

function* requestSome(
  relay: Database,
  lookups: readonly Lookup[],
): Ask<{ readonly records: readonly FoundRecord[]; readonly isEnd: boolean }> {
  const records: FoundRecord[] = [];
  for (const lookup of lookups) {
    const record = yield* requestRecord(relay, lookup, { aside: true });
    if (record.tag === 'ok') records.push(record.value);
    else if (isMismatch(record.error)) return record;
    else if (!isNotOffered(record.error)) return ok({ records, isEnd: true });
  }
  return ok({ records, isEnd: false });
}

/**
 * The checksum database, queried directly. `head`: its newest signed tree head; `null`: no valid tree head was
 * received.
 */
interface Itself {
  readonly database: Database;
  readonly head: SignedHead | null;
}

/**
 * Requests the newest tree head from the database itself. A failure does not count against the mirror. `null`: probes
 * of this mirror do not query the database directly.
 */
function* requestDirectly(database: Database | null): Talk<Itself | null> {
  if (database === null) return null;
  const head = yield* requestHead(database);
  return { database, head: head.tag === 'ok' ? head.value : null };
}

/**
 * If the relay lags behind the database, proves that the database's tree head is consistent with all known tree heads.
 * The tiles (parts of the hash tree) come from the database.
 * @returns the largest tree head that was proven consistent; an error only for a fork (two signed tree heads that
 *          contradict each other)
 */
function* proveItself(
  own: Itself | null,
  heads: readonly KnownHead[],
  largest: SignedHead,
): Talk<Result<KnownHead, Verdict>> {
  const head = own?.head ?? null;
  if (own === null || head === null || head.size <= largest.size) return ok(largest);
  const proven = yield* verifyClaim(own.database, { largest: head, heads, found: [] });
  if (proven.tag === 'ok') return ok(head);
  return proven.error.facts.forked === undefined ? ok(largest) : proven;
}

function largestOf<T extends KnownHead>(heads: readonly T[]): T {
  const [first, ...rest] = heads;
  if (first === undefined) throw new RangeError('no head at all');
  return rest.reduce((a, b) => (b.size > a.size ? b : a), first);
}

function distinct(heads: readonly SignedHead[]): readonly SignedHead[] {
  return [...new Map(heads.map((head) => [`${head.size} ${head.rootBase64}`, head])).values()];
}

function all<T>(one: T | null | undefined): readonly T[] {
  return one == null ? [] : [one];
}

/**
 * The path that clients request first from a relay of the checksum database. A 404 or 410 means that the mirror has no
 * relay.
 */
const supportedPath = 'supported';

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
function* lookupCostOf(relay: Relayed | null, direct: Database | null): Talk<AuthorityCost | null> {
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
