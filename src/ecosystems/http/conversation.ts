import { isMarkup, utf8, type WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Facts, Signature, Verdict } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import {
  below,
  ended,
  failedBy,
  fine,
  get,
  hashOf,
  isLeftOut,
  makeProbe,
  type Talk,
  unaskable,
  wholeOf,
} from '../talk.ts';
import type { HttpContext } from './context.ts';
import { formatFailure, isFilePath, parseMailDate, startsWith } from './format.ts';
import { checkListedIndexes } from './indexes.ts';
import type { Expect } from './names.ts';
import { checkPackages } from './packages.ts';
import type { Head, Leads, Summed } from './profile.ts';
import { profileOf } from './profiles.ts';
import { vouchedFor } from './signed.ts';
import { checkHash, digestSumOf, judge } from './verify.ts';

export const probe = makeProbe<HttpContext>({
  get: ({ module }, context) => file(module ?? '', limits.peekBytes, 'indexes', context),
  whole: ({ module }, context) => whole(module ?? '', context),
  marker: (_target, context) => marker(context),
});

/** Probes a whole file. If `peekBytes` is set, it reads at most that many bytes and checks no package. */
function whole(path: string, context: HttpContext): Talk<Verdict> {
  const { peekBytes } = context;
  return file(path, peekBytes ?? wholeMax(path, context), peekBytes === undefined ? 'packages' : null, context);
}

/**
 * Returns the maximum length of a file. The maximum is lower for a signed file, because the verifier needs the file in
 * memory.
 */
function wholeMax(path: string, context: HttpContext): number {
  return expectOf(path, context).signedBy === undefined ? limits.zipBytes : limits.bodyHeldBytesMax;
}

function expectOf(path: string, { own }: HttpContext): Expect {
  return Object.hasOwn(own.expect ?? {}, path) ? (own.expect?.[path] ?? {}) : {};
}

/**
 * Fetches a file and judges it. If the file has `stopAfterBytes` bytes or more, only its beginning is fetched.
 * @param then  what to check next if the file is a signed list, such as Debian's InRelease. `indexes`: the indexes that
 *              the list names. `packages`: these indexes and one package. `null`: nothing
 */
function* file(
  path: string,
  stopAfterBytes: number,
  then: 'indexes' | 'packages' | null,
  context: HttpContext,
): Talk<Verdict> {
  if (!isFilePath(path)) return ended(unaskable);
  const profile = profileOf(context.own.profile);
  const decodes = profile?.decodes === true;
  const expect = expectOf(path, context);
  const request = {
    url: below(context, path),
    bodyBytesMax: limits.zipBytes,
    stopAfterBytes,
    ...(decodes ? {} : { asSent: true as const }),
    ...(expect.signedBy === undefined ? { large: true as const } : {}),
  };
  const got = yield* get(request, context);
  if (got.tag === 'error') return ended(got.error);
  const { body, headers } = got.value;
  const whole = wholeOf(got.value);
  const sum = whole.bytes < stopAfterBytes ? yield* digestSumOf(whole) : null;
  // The format that the file's name suggests is not checked if the hash or the beginning is as expected.
  const isExpected = (sum !== null && sum.sha256 === expect.sha256) || beginsAs(body, expect.startsHex);
  const wrongFormat = isExpected ? null : formatFailure({ path, body });
  if (wrongFormat !== null) return failedBy(wrongFormat);
  const isWhole = sum?.bytes === body.length;
  const head: Head = { path, body, isWhole, sum, headers, nowWallMs: context.nowWallMs };
  const wrongHash = checkHash(head, expect);
  if (wrongHash !== null) return failedBy(wrongHash.failure, wrongHash.facts);
  const reading = profile?.read(head) ?? null;
  const changedAtMs = reading?.changedAtMs ?? parseMailDate(headers['last-modified'] ?? '');
  const facts = { ...dated(changedAtMs), ...stated(reading?.changedAtMs ?? null) };
  if (reading !== null && reading.failure !== null) return failedBy(reading.failure, facts);
  const judged = judge(head, expect, changedAtMs);
  if (judged.tag === 'error') return failedBy(judged.error, facts);
  const leads = profile?.lists?.leads;
  const isNamed = then === 'indexes' && reading?.names !== undefined && expect.sha256 === undefined;
  const named = isNamed ? { compared: { algorithm: 'Release', digest: reading.names } } : {};
  const known = { ...facts, ...judged.value, ...named, ...unsigned(path, leads, expect) };
  if (then !== null && sum !== null && expect.sha256 === undefined && profile?.hasSumBeside?.(path) === true) {
    const damaged = yield* damageOf(path, whole, context);
    if (damaged !== null && damaged !== 'fits')
      return failedBy(damaged, { ...known, file: { want: damaged.want, says: 'wrong', isOfCopy: true } });
    if (damaged === 'fits' && known.compared !== undefined) known.compared = { ...known.compared, fitsSum: true };
  }
  const { signedBy } = expect;
  if (signedBy === undefined) return fine(known);
  const isList = then !== null && leads?.isList(path) === true;
  if (sum === null)
    return isList && then === 'indexes'
      ? yield* withIndexes({ path, body, sum }, leads, signedBy, known, context)
      : fine(known);
  const signature = yield* vouchedFor({ path, body, sum }, signedBy, context);
  if (signature.tag === 'error') return ended(signature.error, known);
  const proven = { ...known, signature: signature.value, ...byKey(signature.value, sum, known) };
  if (!isList || signature.value.state !== 'valid') return fine(proven);
  if (then === 'indexes') return yield* withIndexes({ path, body, sum }, leads, signedBy, proven, context);
  const { wrong, ...shown } = yield* checkPackages({ path, body, sum }, leads, context);
  return wrong === undefined ? fine({ ...proven, ...shown }) : ended(wrong.outcome, { ...proven, ...wrong.facts });
}

/**
 * Returns the mismatch of a file with the checksum that the mirror serves beside it; `null`: there is none.
 * @see https://maven.apache.org/resolver/expected-checksums.html
 */
function* damageOf(
  path: string,
  whole: WholeBody,
  context: HttpContext,
): Talk<ReturnType<typeof mismatchOf> | 'fits' | null> {
  for (const algorithm of ['sha1', 'md5'] as const) {
    const url = below(context, `${path}.${algorithm}`);
    const sum = yield* get({ url, aside: true, bodyBytesMax: limits.infoBytes }, context);
    const text = sum.tag === 'error' ? '' : (utf8(sum.value.body) ?? '');
    const want = /^(?:(?:sha1|md5).{1,200}= )?([0-9a-f]{32}|[0-9a-f]{40})(?![0-9a-f])/.exec(text.trim().toLowerCase());
    // Maven uses the weaker sum only if it does not find the other one.
    if (want?.[1]?.length !== (algorithm === 'md5' ? 32 : 40)) continue;
    const got = (yield* hashOf(whole, algorithm)).toString('hex');
    if (got === want[1]) return 'fits';
    return mismatchOf({ algorithm, want: want[1], got, by: phrase('answer.sumBeside', { algorithm }) });
  }
  return null;
}

function* withIndexes(
  list: Pick<Head, 'path' | 'body' | 'sum'>,
  leads: Leads,
  keyring: string,
  known: Facts,
  context: HttpContext,
): Talk<Verdict> {
  const { wrong, facts } = yield* checkListedIndexes(list, leads, keyring, context);
  const all = { ...known, ...facts };
  return wrong === null ? fine(all) : ended(wrong.outcome, { ...all, ...wrong.facts });
}

/**
 * Makes the fact that a signed list is not verified, because no key is configured. Empty if a key is configured, or if
 * the file is no signed list.
 */
function unsigned(path: string, leads: Leads | undefined, { signedBy }: Expect): Facts {
  return signedBy === undefined && leads?.isList(path) === true ? { unchecked: phrase('answer.noSignedBy') } : {};
}

function beginsAs(body: Uint8Array, startsHex: string | undefined): boolean {
  return startsHex !== undefined && startsWith(body, startsHex);
}

/**
 * Makes the fact that a signature verified the file. Empty if no signature did, or if a configured hash already did.
 */
function byKey({ state }: Signature, { sha256: digest }: Summed, { verified }: Facts): Facts {
  if (state !== 'valid' || verified !== undefined) return {};
  return { verified: { algorithm: 'sha256', digest, against: 'signature' } };
}

function* marker(context: HttpContext): Talk<Verdict> {
  const known = profileOf(context.own.profile)?.marker ?? null;
  if (known === null) return ended(unaskable);
  const got = yield* get({ url: below(context, known.path), bodyBytesMax: limits.infoBytes }, context);
  if (got.tag === 'error') return isLeftOut(got.error) ? fine({ notOffered: true }) : ended(got.error);
  const { body } = got.value;
  if (isMarkup(body)) return failedBy(wrongContent('answer.syncDate'));
  const changedAtMs = known.read(utf8(body) ?? '');
  if (changedAtMs === null) return failedBy(malformed('answer.syncDate'));
  return fine({ ...dated(changedAtMs), ...stated(changedAtMs) });
}

/**
 * Makes the fact with the date in the file, which is compared between mirrors; empty if the file has no date.
 * `Last-Modified` is not compared, because mirrors may state different times for the same file.
 */
function stated(modifiedAtMs: number | null): Facts {
  return modifiedAtMs === null ? {} : { contents: { modifiedAtMs } };
}

function dated(changedAtMs: number | null): Facts {
  return changedAtMs === null ? {} : { own: { changedAtMs } };
}
