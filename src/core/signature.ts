/** What came of looking for an authority's own signature over an answer. Closed. A wrong signature is a `mismatch`. */
export type SignatureState =
  | 'valid'
  | 'no_key'
  | 'unknown_key'
  | 'expired_key'
  | 'revoked_key'
  | 'undated'
  | 'expired'
  | 'unsupported'
  | 'unsigned'
  | 'no_tool';

/** A signature over an answer as far as it could be judged. */
export interface Signature {
  readonly state: SignatureState;
  /** The key as the authority names it: a label, at most `limits.keyNameChars` printable characters; `null`: none is named. */
  readonly key: string | null;
}

const words: Readonly<Record<SignatureState, string>> = {
  valid: 'signature valid',
  no_key: 'signature unverified: no trusted key at hand',
  unknown_key: 'signature unverified: its key is none of the trusted ones',
  expired_key: 'signature unverified: its key had expired',
  revoked_key: 'signature unverified: its key was revoked',
  undated: 'signature unverified: its key has expired, and no time of publication is told',
  expired: 'signature unverified: it has expired itself',
  unsupported: 'signature unverified: it is of a kind that is not accepted any more, or not yet',
  unsigned: 'signature unverified: there is none, though keys are at hand',
  no_tool: 'signature unverified: what verifies it (gpgv) is not on this machine, or gave no answer',
};

/** One sentence for people; what is not verified never sounds fine. */
export function signatureText({ state, key }: Signature): string {
  return key === null ? words[state] : `${words[state]} (${key})`;
}
