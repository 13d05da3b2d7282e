import { hasControls, isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { malformed, mismatchOf, wrongContent } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { type End, type Talk, unaskable } from '../talk.ts';
import { type Database, type FoundRecord, getFrom } from './database.ts';
import { escapeModule, escapeVersion } from './escape.ts';
import { openNote, parseTreeHead, type SignedHead } from './note.ts';
import type { Verifier } from './verifier.ts';

/** One module at a canonical version. */
export interface Lookup {
  readonly module: string;
  readonly version: string;
}

/** Logged since the first days of the public database, small, and asked for by everybody: it tells nothing of who asks. */
export const knownLookup: Lookup = { module: 'rsc.io/quote', version: 'v1.5.2' };

/** Where a record is; `null`: the words make no path. */
export function lookupPath({ module, version }: Lookup): string | null {
  const path = escapeModule(module);
  return path === null ? null : `lookup/${path}@${escapeVersion(version)}`;
}

/** The record of a module version, with a verified head; not proven yet to be in the log. */
export function* askRecord(
  database: Database,
  { module, version }: Lookup,
  { aside }: { readonly aside: boolean },
): Talk<Result<FoundRecord, End>> {
  const path = lookupPath({ module, version });
  if (path === null) return error(unaskable);
  const got = yield* getFrom(database, path, { aside, bodyBytesMax: limits.noteBytes });
  if (got.tag === 'error') return got;
  if (isMarkup(got.value.body)) return failed(wrongContent('answer.record'));
  const record = parseRecord(got.value.body);
  const hashes = record === null ? null : hashesOf(record.text, module, version);
  if (record === null || hashes === null) return failed(malformed('answer.record'));
  const head = openHead(record.note, database.verifier);
  if (head.tag === 'error') return failed(head.error);
  if (record.id >= head.value.size) return failed(malformed('answer.recordTree'));
  return ok({ id: record.id, text: record.text, head: head.value, hashes });
}

/** The newest signed head that a database gives, verified; asked aside. */
export function* askHead(database: Database): Talk<Result<SignedHead, End>> {
  const got = yield* getFrom(database, 'latest', { aside: true, bodyBytesMax: limits.noteBytes });
  if (got.tag === 'error') return got;
  const head = openHead(got.value.body, database.verifier);
  return head.tag === 'error' ? failed(head.error) : head;
}

function openHead(note: Uint8Array, verifier: Verifier): Result<SignedHead, ProbeFailure> {
  if (isMarkup(note)) return error(wrongContent('answer.treeHead'));
  const opened = openNote(note, verifier);
  if (opened.tag === 'forged') {
    const want = `${verifier.name}+${verifier.hashHex}`;
    return error(
      mismatchOf({
        algorithm: 'ed25519',
        want,
        got: opened.signature.slice(0, 100),
        by: phrase('answer.goKey'),
      }),
    );
  }
  const head = opened.tag === 'ok' ? parseTreeHead(opened.text) : null;
  const text = Buffer.from(note).toString('utf8');
  if (head === null || text.length > limits.headNoteChars) return error(malformed('answer.treeHead'));
  return ok({ ...head, note: text });
}

function failed(failure: ProbeFailure): { tag: 'error'; error: End } {
  return error({ tag: 'failed', failure });
}

/** A checksum-database lookup: the record, and the note of the tree head it came with. */
interface LogRecord {
  readonly id: number;
  /** The go.sum lines, each LF-ended: what the leaf hash covers. */
  readonly text: string;
  readonly note: Uint8Array;
}

/**
 * Parts a lookup answer into id, record and note; `null` where it is no such answer.
 * @see protocols.md 1.11; golang/mod sumdb/tlog/note.go ParseRecord
 */
export function parseRecord(body: Uint8Array): LogRecord | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const idEnd = bytes.indexOf(0x0a);
  const textEnd = bytes.indexOf('\n\n', idEnd);
  if (idEnd <= 0 || textEnd <= idEnd) return null;
  const id = bytes.toString('latin1', 0, idEnd);
  const text = bytes.toString('utf8', idEnd + 1, textEnd + 1);
  if (!/^(0|[1-9]\d{0,15})$/.test(id) || !Number.isSafeInteger(Number(id))) return null;
  if (hasControls(text) || text.includes('\uFFFD')) return null;
  return { id: Number(id), text, note: bytes.subarray(textEnd + 2) };
}

/**
 * The `h1:` hashes that a record holds for one module version, keyed `module@version` and `module@version/go.mod`.
 * @returns `null` unless both lines are there: the record is then another's, or no answer to a client
 */
export function hashesOf(text: string, module: string, version: string): Readonly<Record<string, string>> | null {
  const hashes: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [path, named, hash, more] = line.split(' ');
    if (path !== module || hash === undefined || more !== undefined || !hash.startsWith('h1:')) continue;
    if (named === version) hashes[`${module}@${version}`] ??= hash;
    if (named === `${version}/go.mod`) hashes[`${module}@${version}/go.mod`] ??= hash;
  }
  return Object.keys(hashes).length === 2 ? hashes : null;
}
