import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { below, type End, ended, fine, isNotOffered, type Talk, unaskable } from '../talk.ts';
import { get } from './ask.ts';
import type { GoContext } from './context.ts';
import { at, type Database, type FoundRecord } from './database.ts';
import { escapeModule, escapeVersion } from './escape.ts';
import { openNote, parseTreeHead, type TreeHead } from './note.ts';
import { prove } from './proof.ts';
import { hashesOf, parseRecord } from './record.ts';
import { parseVerifier, type Verifier } from './verifier.ts';
import { isCanonical } from './version.ts';

interface Lookup {
  readonly module: string;
  readonly version: string;
}

/** Logged since the first days of the database, and small. */
const knownLookup: Lookup = { module: 'rsc.io/quote', version: 'v1.5.2' };

/** No module path can have it: it holds no `/@`, so servers refuse it by its syntax and fetch nothing. */
const impossiblePath = 'mirrorwatch-negative-control';

/**
 * The relay of the checksum database. Timed is what a client asks: `supported`, then one lookup. Aside: the signed
 * head of `latest`, the tiles that prove the record and the older heads, and a path that must not exist.
 * A relay that offers the database and then breaks has failed: a client's build fails there too.
 * @see protocols.md 1.11 to 1.13
 */
export function* sumdb(context: GoContext, upstream: string): Talk<Verdict> {
  const verifier = parseVerifier(context.own.sumdb?.verifierKey ?? '');
  if (context.own.sumdb === null || verifier === null) return ended(unaskable);
  const database: Database = { context, name: context.own.sumdb.name, verifier };
  const supported = yield* get({ url: at(database, 'supported'), bodyBytesMax: limits.noteBytes }, context);
  if (supported.tag === 'error') {
    return isNotOffered(supported.error) ? fine({ notOffered: true }) : ended(supported.error);
  }
  if (isMarkup(supported.value.body)) return ended(catchAll);
  const lookup = lookupOf(context, upstream);
  const found = lookup === null ? ok(null) : yield* askRecord(database, lookup);
  if (found.tag === 'error') return ended(found.error);
  const latest = yield* askHead(database);
  if (latest.tag === 'error') return ended(latest.error);
  const proven = yield* prove(database, latest.value, found.value);
  if (proven.tag === 'error') return ended(proven.error);
  const control = yield { url: below(context, impossiblePath), aside: true, bodyBytesMax: limits.errorBodyBytes };
  const isCaught = control.tag === 'answered' && control.status === 200;
  const treeHead = { name: verifier.name, ...proven.value };
  const contents = { serial: treeHead.size };
  const facts: Facts =
    found.value === null ? { treeHead, contents } : { treeHead, contents, logged: found.value.hashes };
  return isCaught ? ended(catchAll, facts) : fine(facts);
}

const catchAll: End = { tag: 'failed', failure: { kind: 'wrong_content', expected: 'no answer to every path' } };

function lookupOf(context: GoContext, upstream: string): Lookup | null {
  const { lookup } = context.own;
  if (lookup !== undefined && isCanonical(lookup.version)) return lookup;
  return upstream === 'go' ? knownLookup : null;
}

function* askRecord(database: Database, { module, version }: Lookup): Talk<Result<FoundRecord, End>> {
  const path = escapeModule(module);
  if (path === null) return error(unaskable);
  const url = at(database, `lookup/${path}@${escapeVersion(version)}`);
  const got = yield* get({ url, bodyBytesMax: limits.noteBytes }, database.context);
  if (got.tag === 'error') return got;
  if (isMarkup(got.value.body)) return failed({ kind: 'wrong_content', expected: 'a checksum record' });
  const record = parseRecord(got.value.body);
  const hashes = record === null ? null : hashesOf(record.text, module, version);
  if (record === null || hashes === null) return failed({ kind: 'malformed', expected: 'a checksum record' });
  const head = openHead(record.note, database.verifier);
  if (head.tag === 'error') return failed(head.error);
  if (record.id >= head.value.size) return failed({ kind: 'malformed', expected: 'a record within its tree' });
  return ok({ id: record.id, text: record.text, head: head.value, hashes });
}

function* askHead(database: Database): Talk<Result<TreeHead, End>> {
  const ask = { url: at(database, 'latest'), aside: true, bodyBytesMax: limits.noteBytes };
  const got = yield* get(ask, database.context);
  if (got.tag === 'error') return got;
  const head = openHead(got.value.body, database.verifier);
  return head.tag === 'error' ? failed(head.error) : head;
}

function openHead(note: Uint8Array, verifier: Verifier): Result<TreeHead, ProbeFailure> {
  if (isMarkup(note)) return error({ kind: 'wrong_content', expected: 'a signed tree head' });
  const opened = openNote(note, verifier);
  if (opened.tag === 'forged') {
    const want = `${verifier.name}+${verifier.hashHex}`;
    return error({ kind: 'mismatch', algorithm: 'ed25519', want, got: opened.signature.slice(0, 100) });
  }
  const head = opened.tag === 'ok' ? parseTreeHead(opened.text) : null;
  return head === null ? error({ kind: 'malformed', expected: 'a signed tree head' }) : ok(head);
}

function failed(failure: ProbeFailure): { tag: 'error'; error: End } {
  return error({ tag: 'failed', failure });
}
