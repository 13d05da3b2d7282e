import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { printable } from '../../core/printable.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Facts, Signature, Verdict } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import { ended, failedBy, fine, get, type Talk } from '../talk.ts';
import type { PypiContext, PypiOwn } from './context.ts';
import { findRelease } from './find.ts';
import { normalNameOf } from './names.ts';
import { type Attestation, readProvenance } from './provenance.ts';
import { type AttestationPublisher, formatPublisher, type Identity, isSignedBy } from './publishers.ts';
import type { ReleaseFile } from './release.ts';
import { comparedByFile } from './verify.ts';

/**
 * Verifies the attestations (signed statements about the build) of a version's file. Each attestation must be about the
 * file and its hash. If a trusted root (the keys of Sigstore) is configured, no attestation may be forged. The file is
 * verified only if its publisher is configured and all signatures are valid.
 */
export function* provenance(target: Target, context: PypiContext): Talk<Verdict> {
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
    const wrong = wordsOf(one.file) === wordsOf(file.name) ? otherHash(one, want, by) : otherFile;
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

/**
 * Returns the words of a file's name, sorted. An attestation may state the name with other separators, and its tags in
 * another order.
 * @see pypi/pypi-attestations _impl.py _ultranormalize_dist_filename
 */
function wordsOf(file: string): string {
  return file
    .toLowerCase()
    .split(/[-_.]+/)
    .toSorted()
    .join(' ');
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
