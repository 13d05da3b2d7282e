import { isMarkup, utf8 } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Conversation } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Signature } from '../../core/signature.ts';
import type { Target } from '../../core/target.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { heldBody } from '../../core/whole-body.ts';
import { malformed, mismatchOf, wrongContent } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { seenIn } from '../seen.ts';
import { below, type End, ended, fine, get, isNotOffered, type Talk, unaskable } from '../talk.ts';
import { wholeOf } from '../whole.ts';
import type { HttpContext } from './context.ts';
import { mailDate } from './dates.ts';
import type { Expect } from './expect.ts';
import { formatFailure } from './format.ts';
import { wrongPackage } from './packages.ts';
import { isFilePath } from './path.ts';
import type { Head, ListedAt, Profile, Summed } from './profile.ts';
import { profileOf } from './profiles.ts';
import { signatureOf, type WholeFile } from './signed.ts';
import { hashFailure, judge, sumOf } from './verify.ts';

/** One step of a file mirror. */
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

/** A peek leads to nothing: it is for the rate alone. */
function whole(path: string, context: HttpContext): Talk<Verdict> {
  const { peekBytes } = context;
  return file(path, peekBytes ?? wholeMax(path, context), peekBytes === undefined, context);
}

/** How far a file is read that is wanted whole: what is signed has to be held, for the program that verifies it. */
function wholeMax(path: string, context: HttpContext): number {
  return expectOf(path, context).signedBy === undefined ? limits.zipBytes : limits.bodyHeldBytesMax;
}

function expectOf(path: string, { own }: HttpContext): Expect {
  return Object.hasOwn(own.expect ?? {}, path) ? (own.expect?.[path] ?? {}) : {};
}

/**
 * A file, read no further than `stopAfterBytes`: what is larger is judged by its beginning.
 * @param isLed  one of the packages that it leads to is asked for, where it is a signed list
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
  const wrongFormat = formatFailure({ path, body });
  if (wrongFormat !== null) return failed(wrongFormat);
  const whole = wholeOf(got.value);
  const sum = whole.bytes < stopAfterBytes ? yield* sumOf(whole) : null;
  const isWhole = sum?.bytes === body.length;
  const head: Head = { path, body, isWhole, sum, headers, nowWallMs: context.nowWallMs };
  const wrongHash = hashFailure(head, expect);
  if (wrongHash !== null) return failed(wrongHash, seenIn(body, whole.bytes));
  const reading = profile?.read(head) ?? null;
  const changedAtMs = reading?.changedAtMs ?? mailDate(headers['last-modified'] ?? '');
  const facts = { ...dated(changedAtMs), ...stated(reading?.changedAtMs ?? null) };
  if (reading !== null && reading.failure !== null) return failed(reading.failure, facts);
  const judged = judge(head, expect, changedAtMs);
  if (judged.tag === 'error') return failed(judged.error, facts);
  const known = { ...facts, ...judged.facts };
  if (expect.signedBy === undefined || sum === null) return fine(known);
  const signature = yield* ofFile({ path, body, sum }, expect.signedBy, context);
  if (signature.tag === 'error') return ended(signature.error, known);
  const proven = { ...known, signature: signature.value, ...byKey(signature.value, sum, known) };
  const leads = profile?.lists?.leads;
  if (!isLed || leads === undefined || signature.value.state !== 'valid') return fine(proven);
  const wrong = yield* wrongPackage({ path, body, sum }, leads, context);
  return wrong === null ? fine(proven) : ended(wrong.end, { ...proven, ...wrong.facts });
}

/** By the list that names it where its profile has such lists, else by a signature of its own. */
function* ofFile(file: WholeFile, keyring: string, context: HttpContext): Talk<Result<Signature, End>> {
  const lists = profileOf(context.own.profile)?.lists;
  const at = lists?.listedAt(file.path) ?? null;
  if (lists === undefined || at === null) return yield* signatureOf(file, keyring, context);
  return yield* throughList(file.sum, at, lists.find, keyring, context);
}

/** A hash that the entry names says more than that somebody signed. */
function byKey({ state }: Signature, { sha256: digest }: Summed, { verified }: Facts): Facts {
  if (state !== 'valid' || verified !== undefined) return {};
  return { verified: { algorithm: 'sha256', digest, against: 'signature' } };
}

/** When the mirror was last brought up to date, by the file that its profile keeps for that; many mirrors have none. */
function* marker(context: HttpContext): Talk<Verdict> {
  const known = profileOf(context.own.profile)?.marker ?? null;
  if (known === null) return ended(unaskable);
  const got = yield* get({ url: below(context, known.path), bodyBytesMax: limits.infoBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? fine({ notOffered: true }) : ended(got.error);
  const { body } = got.value;
  if (isMarkup(body)) return failed(wrongContent('answer.syncDate'));
  const changedAtMs = known.read(utf8(body) ?? '');
  if (changedAtMs === null) return failed(malformed('answer.syncDate'));
  return fine({ ...dated(changedAtMs), ...stated(changedAtMs) });
}

/** The date in the file itself is compared; each mirror has a `Last-Modified` of its own. */
function stated(modifiedAtMs: number | null): Facts {
  return modifiedAtMs === null ? {} : { contents: { modifiedAtMs } };
}

function dated(changedAtMs: number | null): Facts {
  return changedAtMs === null ? {} : { own: { changedAtMs } };
}

function failed(failure: ProbeFailure, facts: Facts = {}): Verdict {
  return ended({ tag: 'failed', failure }, facts);
}

/**
 * The signature over the list that names a whole file, and through it the file. The list is the same mirror's, asked aside
 * after the file: while a mirror is being synchronised the two may be of different days. A file of another size is then the
 * likely thing, and clients refuse it for now: malformed. Other bytes of the size that was signed are a mismatch.
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
  const signature = yield* signatureOf({ path: list, body, sum: yield* sumOf(heldBody(body)) }, keyring, context);
  if (signature.tag === 'error' || signature.value.state !== 'valid') return signature;
  const listed = find(body, name);
  if (listed === null) return error({ tag: 'failed', failure: malformed('answer.listed', { list }) });
  if (listed.bytes !== bytes) return error({ tag: 'failed', failure: malformed('answer.listedSize', { list }) });
  const want = listed.sha256;
  if (sha256 === want) return signature;
  const by = phrase('answer.signedList', { list });
  return error({ tag: 'failed', failure: mismatchOf({ algorithm: 'sha256', want, got: sha256, by }) });
}
