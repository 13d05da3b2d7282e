/** The result of checking an authority's own signature over a response. Closed. A wrong signature is a `mismatch`. */
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

/** A signature over a response as far as it could be checked. */
export interface Signature {
  readonly state: SignatureState;
  /** The authority's name of the key: a label, at most `limits.keyNameChars` printable characters; `null`: none. */
  readonly key: string | null;
}
