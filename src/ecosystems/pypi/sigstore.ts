import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, VerificationError, Verifier } from '@sigstore/verify';
import { getOrElse } from '../../core/get-or-else.ts';
import type { Attestation } from './provenance.ts';
import type { Identity } from './publishers.ts';

/**
 * The verdict on an attestation. `forged`: its content is not what was signed or logged. `untrusted`: the trusted root
 * does not certify the signer or the log. `malformed`: it cannot be parsed.
 */
export type Attested =
  | { readonly tag: 'signed'; readonly identity: Identity }
  | { readonly tag: 'forged'; readonly code: string }
  | { readonly tag: 'untrusted' }
  | { readonly tag: 'malformed' };

/** The error codes that prove a forgery. Other errors may come from an outdated trusted root. */
const forgedCodes: readonly string[] = ['SIGNATURE_ERROR', 'TLOG_BODY_ERROR'];

let last: { readonly text: string; readonly verifier: Verifier | null } | null = null;

function verifierOf(text: string): Verifier | null {
  if (last?.text !== text) last = { text, verifier: readRoot(text) };
  return last.verifier;
}

function readRoot(text: string): Verifier | null {
  return getOrElse(() => new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(text)))), null);
}

/**
 * Verifies the certificate, the transparency log and the signature of one attestation.
 * @param trustedRoot  JSON; if it is invalid, every attestation is `untrusted`
 */
export function verifyAttestation(attestation: Attestation, trustedRoot: string): Attested {
  const verifier = verifierOf(trustedRoot);
  if (verifier === null) return { tag: 'untrusted' };
  try {
    const { identity } = verifier.verify(toSignedEntity(bundleFromJSON(bundleOf(attestation))));
    return {
      tag: 'signed',
      identity: { subject: identity?.subjectAlternativeName ?? '', issuer: identity?.extensions?.issuer ?? '' },
    };
  } catch (failure) {
    if (!(failure instanceof VerificationError)) return { tag: 'malformed' };
    return forgedCodes.includes(failure.code) ? { tag: 'forged', code: failure.code } : { tag: 'untrusted' };
  }
}

/** Converts an attestation to a Sigstore bundle. @see PEP 740, "Attestation objects" */
function bundleOf({ statement, signature, certificate, entries }: Attestation): object {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: certificate }, tlogEntries: entries },
    dsseEnvelope: { payload: statement, payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: signature }] },
  };
}
