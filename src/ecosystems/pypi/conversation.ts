import { heldBodyOf, isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { printable } from '../../core/printable.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { type Contents, dropContents, type Facts, type Signature, type Verdict } from '../../core/transcript.ts';
import { failureOf, malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import {
  type Ask,
  beginsIn,
  below,
  ended,
  failedBy,
  fine,
  get,
  inSlices,
  makeProbe,
  matchesBeginning,
  type Responded,
  stoppedBy,
  type Talk,
  unaskable,
  wholeOf,
} from '../talk.ts';
import type { PypiContext, PypiOwn } from './context.ts';
import { isProjectName, newest, normalNameOf, wordsOfFile } from './names.ts';
import { acceptAll, acceptHtml, formOf, readPage } from './page.ts';
import { metadataUrlOf, type PageReader, type ProjectPage } from './project-page.ts';
import { type Attestation, readProvenance } from './provenance.ts';
import { type AttestationPublisher, formatPublisher, type Identity, isSignedBy } from './publishers.ts';
import type { ClientRefusal } from './refusals.ts';
import { FileChoice, type ReleaseFile, Releases } from './release.ts';
import { comparedByFile, type Pins, pinsOf, verify } from './verify.ts';

/**
 * Files and their metadata are requested without decoding a `Content-Encoding`, because pip stores them as sent.
 * @see pypa/pip src/pip/_internal/network/utils.py response_chunks
 */
const asSent = true as const;
const large = true as const;

export const probe = makeProbe<PypiContext>({ index, simplehtml: html, wheelmeta, file, provenance });

function* index(target: Target, context: PypiContext): Talk<Verdict> {
  const got = yield* page(target, context, acceptAll, false);
  return got.tag === 'error' ? ended(got.error) : yield* judge(target, got.value, context.own);
}

/**
 * Checks a project page in HTML. A cache that ignores `Vary` may send JSON, which is a failure. Status 406 means that
 * the mirror has only JSON, which is no failure. The page shows no capability, because a mirror may have more in JSON.
 */
function* html(target: Target, context: PypiContext): Talk<Verdict> {
  const got = yield* page(target, context, acceptHtml, false);
  if (got.tag === 'ok') {
    const { outcome, facts } = yield* judge(target, got.value, context.own);
    if (outcome.tag !== 'ok') return ended(outcome, facts);
    const { offers: _, ...kept } = facts;
    if (formOf(got.value.headers) === 'html') return fine(dropContents(kept));
    return failedBy(wrongContent('answer.pageHtml'));
  }
  const { error: end } = got;
  const isOther = end.tag === 'failed' && end.failure.kind === 'status' && end.failure.status === 406;
  return isOther ? fine({ notOffered: true }) : ended(end);
}

function* judge({ module }: Target, response: Responded, { client }: PypiOwn): Talk<Verdict> {
  const releases = new Releases(normalNameOf(module ?? ''));
  const page = yield* read(response, releases);
  if (page.tag === 'error') return ended(page.error);
  const serialText = response.headers['x-pypi-last-serial'] ?? '';
  const serial = /^\d{1,20}$/.test(serialText) ? serialText : page.value.serial;
  const counted = Number(serial ?? Number.NaN);
  const { refused } = page.value;
  if (refused !== null && refused.client === client) return failedBy(malformed('answer.accepted', { ...refused }));
  return fine({
    ...noteOf(refused),
    listed: releases.listed,
    offers: page.value.offers,
    contents: {
      versions: page.value.isQuarantined ? noVersions : releases.contents,
      ...(Number.isSafeInteger(counted) ? { serial: counted } : {}),
    },
    ...(serial === null ? {} : { own: { serial } }),
  });
}

/** A project in quarantine offers no version for installation. @see PEP 792 */
const noVersions: NonNullable<Contents['versions']> = { count: 0, newest: [], pre: [] };

/** Makes the note about a client that refuses the response; empty if none does. */
function noteOf(refused: ClientRefusal | null): Pick<Facts, 'refused'> {
  return refused === null ? {} : { refused: phrase('answer.refused', { ...refused }) };
}

/** Fetches and verifies the core metadata of a file, if the page announces it. */
function* wheelmeta(target: Target, context: PypiContext): Talk<Verdict> {
  const found = yield* findRelease(target, context, ({ metadata }) => metadata !== null);
  if (found.tag === 'error') return found.error;
  if (found.value === null) return fine({ notOffered: true });
  const { file, facts } = found.value;
  const request = { url: metadataUrlOf(file.url), foreign: true, asSent, bodyBytesMax: limits.coreMetadataBytes };
  const got = yield* get(request, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  const text = Buffer.from(body.subarray(0, 1000)).toString('latin1');
  if (isMarkup(body) && !/^name:/im.test(text)) return failedBy(wrongContent('answer.metadata'), facts);
  const sha256 = file.metadata?.sha256 ?? null;
  // If the page states no hash, only the format of the metadata is checked.
  if (sha256 === null && (utf8(body) === null || !/^metadata-version:/im.test(text)))
    return failedBy(malformed('answer.metadata'), facts);
  const { isAuthority } = context.own;
  return yield* verify(heldBodyOf(body), file.name, null, { sha256, isAuthority }, facts);
}

function* file(target: Target, context: PypiContext): Talk<Verdict> {
  const found = yield* findRelease(target, context, () => true);
  if (found.tag === 'error') return found.error;
  if (found.value === null) return ended(unaskable);
  const { file: chosen, pins, facts } = found.value;
  const wrong = wrongFile(chosen, pins, context.own.isAuthority);
  if (wrong !== null) return failedBy(wrong.failure, { ...facts, ...wrong.facts });
  const stopAfterBytes = context.peekBytes ?? limits.zipBytes;
  const request = { url: chosen.url, foreign: true, asSent, bodyBytesMax: limits.zipBytes, stopAfterBytes, large };
  const got = yield* get(request, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  if (!startsLike(chosen.name, body)) {
    const kind = isMarkup(body) ? 'wrong_content' : 'malformed';
    return failedBy(failureOf(kind, phrase('answer.distribution')), facts);
  }
  // A file that was not read to its end cannot be hashed.
  const whole = wholeOf(got.value);
  if (whole.bytes >= stopAfterBytes) return fine({ ...facts, ...beginsIn(got.value, true) });
  // pip does not decode a file.
  const isEncoded = got.value.headers['content-encoding'] !== undefined;
  const note = noteOf(isEncoded ? { client: 'uv', what: 'Content-Encoding' } : null);
  const known = { ...facts, ...beginsIn(got.value, false), ...note };
  const stated = { sha256: chosen.sha256, isAuthority: context.own.isAuthority };
  return yield* verify(whole, chosen.name, pins, stated, known);
}

/**
 * Returns a mismatch if the hash on the page differs from the known hash. `null`: the two hashes are equal, or one of
 * them is missing.
 */
function wrongFile({ sha256, name }: ReleaseFile, pins: Pins, isAuthority: boolean) {
  if (sha256 === null) return null;
  const { hash: want, word } = pins.wants(name, sha256, { sha256, isAuthority });
  const got = `sha256:${sha256}`;
  if (want === null || want === got) return null;
  const failure = mismatchOf({ algorithm: 'sha256', want, got, by: phrase('answer.publicIndex') });
  return { failure, facts: comparedByFile(word, { algorithm: 'sha256', digest: got, of: name }) };
}

/** True if a body begins as a file with this name should. @see docs/protocols/common.md#shapes-of-bodies */
function startsLike(name: string, body: Uint8Array): boolean {
  if (/\.(whl|zip)$/.test(name)) return matchesBeginning(body, '504b0304') || matchesBeginning(body, '504b0506');
  if (/\.(tar\.gz|tgz)$/.test(name)) return matchesBeginning(body, '1f8b08');
  return !isMarkup(body);
}

/**
 * The headers of pip, so that a page takes as long as pip's and comes from the same entry of a cache.
 * @see pypa/pip src/pip/_internal/network/session.py
 */
const pageHeaders = { 'cache-control': 'max-age=0', 'accept-encoding': 'gzip, deflate' };

function* page({ module }: Target, context: PypiContext, accept: string, aside: boolean): Ask<Responded> {
  if (module === null || !isProjectName(module)) return error(unaskable);
  return yield* get(
    {
      url: below(context, `${normalNameOf(module)}/`),
      headers: { accept, ...pageHeaders },
      bodyBytesMax: limits.indexBytes,
      large: true,
      ...(aside ? { aside } : {}),
    },
    context,
  );
}

function* read(response: Responded, reader: PageReader): Ask<ProjectPage> {
  const page = yield* inSlices(readPage(response, reader));
  return page.tag === 'error' ? stoppedBy(page.error) : page;
}

interface Found {
  readonly file: ReleaseFile;
  readonly pins: Pins;
  readonly facts: Facts;
}

/**
 * Requests a project's page and chooses a file of the target's version for which `has` is true; `null`: the version has
 * no such file. The request does not count in the probe's time.
 */
function* findRelease(
  target: Target,
  context: PypiContext,
  has: (file: ReleaseFile) => boolean,
): Talk<Result<Found | null, Verdict>> {
  const got = yield* page(target, context, acceptAll, true);
  if (got.tag === 'error') return error(ended(got.error));
  const module = normalNameOf(target.module ?? '');
  const absent = error(failedBy({ kind: 'absent', status: got.value.status }));
  const wanted = target.version ?? newest;
  let version: string | null = wanted;
  if (wanted === newest) {
    const releases = new Releases(module);
    const listed = yield* read(got.value, releases);
    if (listed.tag === 'error') return error(ended(listed.error));
    version = releases.newest;
  }
  if (version === null) return absent;
  const pins = pinsOf(context, module, version);
  const choice = new FileChoice(module, version, has, ({ name, sha256 }) => pins.knows(name, sha256));
  const chosenFrom = yield* read(got.value, choice);
  if (chosenFrom.tag === 'error') return error(ended(chosenFrom.error));
  if (!choice.isThere) return absent;
  const { chosen } = choice;
  if (chosen === null) return ok(null);
  const vouched = context.own.isAuthority && chosen.sha256 !== null;
  return ok({
    file: chosen,
    pins,
    facts: {
      ...(wanted === newest ? { resolvedVersion: version } : {}),
      ...(vouched ? { own: { file: `${module}@${version}/${chosen.name}`, sha256: chosen.sha256 } } : {}),
    },
  });
}

/**
 * Verifies the attestations (signed statements about the build) of a version's file. Each attestation must be about the
 * file and its hash. If a trusted root (the keys of Sigstore) is configured, no attestation may be forged. The file is
 * verified only if its publisher is configured and all signatures are valid.
 */
function* provenance(target: Target, context: PypiContext): Talk<Verdict> {
  const found = yield* findRelease(target, context, ({ provenance: url }) => url !== null);
  if (found.tag === 'error') return found.error;
  if (found.value === null) return fine(none(context));
  const { file, pins, facts } = found.value;
  const url = file.provenance ?? '';
  if (!isOfMirror(url, file, context)) return fine({ ...facts, ...none(context) });
  const got = yield* get({ url, foreign: true, bodyBytesMax: limits.provenanceBytes }, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const read = readProvenance(got.value.body);
  if (read.tag === 'error') return failedBy(read.error, facts);
  for (const one of read.value) {
    const { hash, word } = pins.wants(file.name, one.sha256, { ...context.own, sha256: file.sha256 });
    const want = hash ?? `sha256:${file.sha256 ?? one.sha256}`;
    const by = hash === null ? phrase('answer.pageBeside') : phrase('answer.publicIndex');
    const wrong = wordsOfFile(one.file) === wordsOfFile(file.name) ? otherHash(one, want, by) : otherFile;
    const compared = { algorithm: 'sha256', digest: `sha256:${one.sha256}` };
    if (wrong !== null) return failedBy(wrong, { ...facts, ...comparedByFile(word, compared) });
  }
  const publisher = context.own.publishers?.find(({ project }) => project === normalNameOf(target.module ?? ''));
  const signature = signers(read.value, context, publisher);
  const digest = { algorithm: 'sha256', digest: `sha256:${read.value[0]?.sha256}` };
  if (signature.tag === 'error') {
    const { error: failure } = signature;
    const want = failure.kind === 'mismatch' ? failure.want : undefined;
    return failedBy(failure, {
      ...facts,
      ...comparedByFile(wordOfFile(want, { isRight: false, isKey: true }), digest),
    });
  }
  const isVouched = publisher !== undefined && signature.value.state === 'valid';
  const held = isVouched
    ? { verified: { ...digest, against: 'signature' }, ...wordOfFile(digest.digest, { isRight: true, isKey: true }) }
    : { compared: digest };
  return fine({ ...facts, signature: signature.value, ...held });
}

/** Makes the facts for a file without attestations. If a trusted root is configured, the file counts as unsigned. */
function none({ own }: PypiContext): Facts {
  const unsigned: Signature = { state: 'unsigned', key: null };
  return { notOffered: true, ...(own.trustedRoot === undefined ? {} : { signature: unsigned }) };
}

/**
 * True if the URL is on the host of the mirror or of the file. A copied page may link to the public index, whose
 * attestations say nothing about the mirror.
 */
function isOfMirror(url: string, file: ReleaseFile, { baseUrl }: PypiContext): boolean {
  const { host } = new URL(url);
  return host === new URL(baseUrl).host || host === new URL(file.url).host;
}

const otherFile: ProbeFailure = malformed('answer.attestationsOf');

function otherHash({ sha256 }: Attestation, want: string, by: Sentence): ProbeFailure | null {
  const got = `sha256:${sha256}`;
  return want === got ? null : mismatchOf({ algorithm: 'sha256', want, got, by, side: 'attestation' });
}

/**
 * Returns the verdict on all signatures. The result is an error if a signature is forged, malformed, or not by the
 * configured publisher.
 */
function signers(
  attestations: readonly Attestation[],
  { own }: PypiContext,
  publisher: AttestationPublisher | undefined,
): Result<Signature, ProbeFailure> {
  const root = own.trustedRoot;
  if (root === undefined) return ok({ state: 'no_key', key: null });
  const judged = attestations.map((one) => verifier?.(one, root) ?? null);
  const forged = judged.find((one) => one?.tag === 'forged');
  if (forged?.tag === 'forged')
    return error(
      mismatchOf({
        algorithm: 'sigstore',
        want: phrase('answer.whatSigned'),
        got: forged.code,
        by: phrase('answer.trustedRoot'),
        side: 'attestation',
      }),
    );
  if (judged.some((one) => one?.tag === 'malformed')) return error(malformed('answer.attestationsRead'));
  const [first] = judged;
  if (judged.includes(null) || first === undefined || first === null) return ok({ state: 'no_tool', key: null });
  if (first.tag !== 'signed' || judged.some((one) => one?.tag !== 'signed'))
    return ok({ state: 'unknown_key', key: null });
  const identities = judged.flatMap((one) => (one?.tag === 'signed' ? [one.identity] : []));
  const other = publisher && identities.find((identity) => !isSignedBy(publisher, identity));
  if (publisher !== undefined && other !== undefined) return error(signedByOther(publisher, other));
  return ok({ state: 'valid', key: printable(first.identity.subject, limits.keyNameChars) });
}

function signedByOther(publisher: AttestationPublisher, { subject }: Identity): ProbeFailure {
  return mismatchOf({
    algorithm: 'sigstore',
    want: formatPublisher(publisher),
    got: printable(subject, limits.keyNameChars),
    by: 'pypi.publishers',
    side: 'attestation',
  });
}

let verifier: typeof import('./sigstore.ts').verifyAttestation | null = null;

/** Loads the libraries that verify attestations, if a trusted root is configured. */
export async function prepare({ own }: { readonly own: PypiOwn }): Promise<void> {
  if (own.trustedRoot !== undefined) verifier ??= (await import('./sigstore.ts')).verifyAttestation;
}
