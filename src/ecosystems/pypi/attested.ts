import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { printable } from '../../core/printable.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { Signature } from '../../core/signature.ts';
import type { Target } from '../../core/target.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { malformed, mismatchOf } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { ended, fine, get, type Talk } from '../talk.ts';
import { verified } from './attestation.ts';
import type { PypiContext } from './context.ts';
import { failed, find } from './find.ts';
import { normalName } from './project.ts';
import { type Attestation, readProvenance } from './provenance.ts';
import { type Identity, isSignedBy, type Publisher, publisherText } from './publishers.ts';
import type { ReleaseFile } from './release.ts';

/**
 * The attestations of a version's file: each speaks of that file and of its hash, and where a trusted root is at hand somebody
 * whom it knows signed it. Who that should have been the operator alone can tell (`publishers`): else the file is not
 * verified by it.
 */
export function* provenance(target: Target, context: PypiContext): Talk<Verdict> {
  const found = yield* find(target, context, ({ provenance: url }) => url !== null);
  if (found.tag === 'error') return found.error;
  if (found.value === null) return fine(none(context));
  const { file, pins, facts } = found.value;
  const url = file.provenance ?? '';
  if (!isOfMirror(url, file, context)) return fine({ ...facts, ...none(context) });
  const got = yield* get({ url, foreign: true, bodyBytesMax: limits.provenanceBytes }, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const read = readProvenance(got.value.body);
  if (read.tag === 'error') return ended(failed(read.error), facts);
  for (const one of read.value) {
    const pinned = pins.wants(file.name, one.sha256);
    const want = pinned ?? `sha256:${file.sha256 ?? one.sha256}`;
    const by = pinned === null ? phrase('answer.pageBeside') : phrase('answer.publicIndex');
    const wrong = one.file === file.name ? otherHash(one, want, by) : otherFile;
    if (wrong !== null) return ended(failed(wrong), facts);
  }
  const publisher = context.own.publishers?.find(({ project }) => project === normalName(target.module ?? ''));
  const signature = signers(read.value, context, publisher);
  if (signature.tag === 'error') return ended(failed(signature.error), facts);
  const digest = { algorithm: 'sha256', digest: `sha256:${read.value[0]?.sha256}` };
  // Signed by whom the operator names: that is an authority's word.
  const isVouched = publisher !== undefined && signature.value.state === 'valid';
  const held = isVouched ? { verified: { ...digest, against: 'signature' } } : { compared: digest };
  return fine({ ...facts, signature: signature.value, ...held });
}

/** Without attestations a file is as good as before; where a root is at hand, somebody wants to know. */
function none({ own }: PypiContext): Facts {
  const unsigned: Signature = { state: 'unsigned', key: null };
  return { notOffered: true, ...(own.trustedRoot === undefined ? {} : { signature: unsigned }) };
}

/** A page that was copied names the origin's: what lies there says nothing of this mirror. */
function isOfMirror(url: string, file: ReleaseFile, { baseUrl }: PypiContext): boolean {
  const { host } = new URL(url);
  return host === new URL(baseUrl).host || host === new URL(file.url).host;
}

const otherFile: ProbeFailure = malformed('answer.attestationsOf');

function otherHash({ sha256 }: Attestation, want: string, by: Sentence): ProbeFailure | null {
  const got = `sha256:${sha256}`;
  return want === got ? null : mismatchOf({ algorithm: 'sha256', want, got, by, side: 'attestation' });
}

/** Every attestation must hold, and be the publisher's where one is named; the first one's signer is named. */
function signers(
  attestations: readonly Attestation[],
  { own }: PypiContext,
  publisher: Publisher | undefined,
): Result<Signature, ProbeFailure> {
  const root = own.trustedRoot;
  if (root === undefined) return ok({ state: 'no_key', key: null });
  const judged = attestations.map((one) => verified(one, root));
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

function signedByOther(publisher: Publisher, { subject }: Identity): ProbeFailure {
  return mismatchOf({
    algorithm: 'sigstore',
    want: publisherText(publisher),
    got: printable(subject, limits.keyNameChars),
    by: 'pypi.publishers',
    side: 'attestation',
  });
}
