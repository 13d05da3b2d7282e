import { heldBodyOf, isMarkup, utf8 } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Conversation } from '../../core/ports.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Facts, Signature, Verdict } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import {
  below,
  type End,
  ended,
  failedBy,
  fine,
  get,
  isNotOffered,
  seenIn,
  stoppedBy,
  type Talk,
  unaskable,
  wholeOf,
} from '../talk.ts';
import type { HttpContext } from './context.ts';
import { formatFailure, isFilePath, parseMailDate, startsWith } from './format.ts';
import type { Expect } from './names.ts';
import { findWrongPackage } from './packages.ts';
import type { Head, ListedAt, Profile, Summed } from './profile.ts';
import { profileOf } from './profiles.ts';
import { signatureOf, type WholeFile } from './signed.ts';
import { checkHash, judge, sumOf } from './verify.ts';

export function* probe({ step, module }: Target, context: HttpContext): Conversation {
  switch (step) {
    case 'get':
      return yield* file(module ?? '', limits.peekBytes, false, context);
    case 'whole':
      return yield* whole(module ?? '', context);
    case 'marker':
      return yield* marker(context);
    default:
      return ended(unaskable);
  }
}

/** With `peekBytes` no more than that is read, and no package is checked. */
function whole(path: string, context: HttpContext): Talk<Verdict> {
  const { peekBytes } = context;
  return file(path, peekBytes ?? wholeMax(path, context), peekBytes === undefined, context);
}

/** A signed file has a lower limit, because the verifier needs it in memory. */
function wholeMax(path: string, context: HttpContext): number {
  return expectOf(path, context).signedBy === undefined ? limits.zipBytes : limits.bodyHeldBytesMax;
}

function expectOf(path: string, { own }: HttpContext): Expect {
  return Object.hasOwn(own.expect ?? {}, path) ? (own.expect?.[path] ?? {}) : {};
}

/**
 * Fetches a file and judges it; of a file of `stopAfterBytes` or more only the beginning.
 * @param isLed  whether to check also a package, if the file is a signed list
 */
function* file(path: string, stopAfterBytes: number, isLed: boolean, context: HttpContext): Talk<Verdict> {
  if (!isFilePath(path)) return ended(unaskable);
  const profile = profileOf(context.own.profile);
  const decodes = profile?.decodes === true;
  const expect = expectOf(path, context);
  const ask = {
    url: below(context, path),
    bodyBytesMax: limits.zipBytes,
    stopAfterBytes,
    ...(decodes ? {} : { asSent: true as const }),
    ...(expect.signedBy === undefined ? { large: true as const } : {}),
  };
  const got = yield* get(ask, context);
  if (got.tag === 'error') return ended(got.error);
  const { body, headers } = got.value;
  const whole = wholeOf(got.value);
  const sum = whole.bytes < stopAfterBytes ? yield* sumOf(whole) : null;
  // The format that the file's name suggests is not checked if the hash or the beginning is as expected.
  const isExpected = (sum !== null && sum.sha256 === expect.sha256) || beginsAs(body, expect.startsHex);
  const wrongFormat = isExpected ? null : formatFailure({ path, body });
  if (wrongFormat !== null) return failedBy(wrongFormat);
  const isWhole = sum?.bytes === body.length;
  const head: Head = { path, body, isWhole, sum, headers, nowWallMs: context.nowWallMs };
  const wrongHash = checkHash(head, expect);
  if (wrongHash !== null) return failedBy(wrongHash, seenIn(body, whole.bytes));
  const reading = profile?.read(head) ?? null;
  const changedAtMs = reading?.changedAtMs ?? parseMailDate(headers['last-modified'] ?? '');
  const facts = { ...dated(changedAtMs), ...stated(reading?.changedAtMs ?? null) };
  if (reading !== null && reading.failure !== null) return failedBy(reading.failure, facts);
  const judged = judge(head, expect, changedAtMs);
  if (judged.tag === 'error') return failedBy(judged.error, facts);
  const known = { ...facts, ...judged.value };
  if (expect.signedBy === undefined || sum === null) return fine(known);
  const signature = yield* ofFile({ path, body, sum }, expect.signedBy, context);
  if (signature.tag === 'error') return ended(signature.error, known);
  const proven = { ...known, signature: signature.value, ...byKey(signature.value, sum, known) };
  const leads = profile?.lists?.leads;
  if (!isLed || leads === undefined || signature.value.state !== 'valid') return fine(proven);
  const wrong = yield* findWrongPackage({ path, body, sum }, leads, context);
  return wrong === null ? fine(proven) : ended(wrong.outcome, { ...proven, ...wrong.facts });
}

function beginsAs(body: Uint8Array, startsHex: string | undefined): boolean {
  return startsHex !== undefined && startsWith(body, startsHex);
}

/** Verifies a file by the signed list that covers its path; if there is no such list, by the file's own signature. */
function* ofFile(file: WholeFile, keyring: string, context: HttpContext): Talk<Result<Signature, End>> {
  const lists = profileOf(context.own.profile)?.lists;
  const at = lists?.listedAt(file.path) ?? null;
  if (lists === undefined || at === null) return yield* signatureOf(file, keyring, context);
  return yield* throughList(file.sum, at, lists.find, keyring, context);
}

/** The fact that a signature verified the file; empty if none did, or if a configured hash did. */
function byKey({ state }: Signature, { sha256: digest }: Summed, { verified }: Facts): Facts {
  if (state !== 'valid' || verified !== undefined) return {};
  return { verified: { algorithm: 'sha256', digest, against: 'signature' } };
}

function* marker(context: HttpContext): Talk<Verdict> {
  const known = profileOf(context.own.profile)?.marker ?? null;
  if (known === null) return ended(unaskable);
  const got = yield* get({ url: below(context, known.path), bodyBytesMax: limits.infoBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? fine({ notOffered: true }) : ended(got.error);
  const { body } = got.value;
  if (isMarkup(body)) return failedBy(wrongContent('answer.syncDate'));
  const changedAtMs = known.read(utf8(body) ?? '');
  if (changedAtMs === null) return failedBy(malformed('answer.syncDate'));
  return fine({ ...dated(changedAtMs), ...stated(changedAtMs) });
}

/** Only a date in the file is compared between mirrors: `Last-Modified` may differ. */
function stated(modifiedAtMs: number | null): Facts {
  return modifiedAtMs === null ? {} : { contents: { modifiedAtMs } };
}

function dated(changedAtMs: number | null): Facts {
  return changedAtMs === null ? {} : { own: { changedAtMs } };
}

/**
 * Verifies a file by a signed list from the same mirror. During a synchronisation the file may be older or newer than
 * the list, so another size is malformed. The listed size with other bytes is a mismatch.
 */
function* throughList(
  { bytes, sha256 }: Summed,
  { list, name }: ListedAt,
  find: NonNullable<Profile['lists']>['find'],
  keyring: string,
  context: HttpContext,
): Talk<Result<Signature, End>> {
  const ask = { url: below(context, list), aside: true, asSent: true, bodyBytesMax: limits.signedListBytes } as const;
  const got = yield* get(ask, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? ok({ state: 'unsigned', key: null }) : got;
  const { body } = got.value;
  const signature = yield* signatureOf({ path: list, body, sum: yield* sumOf(heldBodyOf(body)) }, keyring, context);
  if (signature.tag === 'error' || signature.value.state !== 'valid') return signature;
  const listed = find(body, name);
  if (listed === null) return stoppedBy(malformed('answer.listed', { list }));
  if (listed.bytes !== bytes) return stoppedBy(malformed('answer.listedSize', { list }));
  const want = listed.sha256;
  if (sha256 === want) return signature;
  const by = phrase('answer.signedList', { list });
  return stoppedBy(mismatchOf({ algorithm: 'sha256', want, got: sha256, by }));
}
