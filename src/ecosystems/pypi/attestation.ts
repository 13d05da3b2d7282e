import type { PypiOwn } from './context.ts';
import type { Attestation } from './provenance.ts';
import type { Attested } from './sigstore.ts';

let verifier: typeof import('./sigstore.ts').verifyAttestation | null = null;

/** Loads the libraries that verify attestations, where a trusted root says by what: nobody else needs them. */
export async function prepare({ own }: { readonly own: PypiOwn }): Promise<void> {
  if (own.trustedRoot !== undefined) verifier ??= (await import('./sigstore.ts')).verifyAttestation;
}

/** Who signed an attestation, by a trusted root; `null` where nothing was prepared. */
export function verified(attestation: Attestation, trustedRoot: string): Attested | null {
  return verifier === null ? null : verifier(attestation, trustedRoot);
}
