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
