import { createHash, createPublicKey, verify } from 'node:crypto';
import { hasControls, utf8 } from '../../core/body.ts';

export interface Verifier {
  readonly name: string;
  /** The hash of the key, as in the format of signed notes: eight hex digits. */
  readonly hashHex: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
}

/**
 * Parses a verifier key `<name>+<8 hex digits>+<base64>`; `null` if it is invalid or not Ed25519.
 * @see docs/protocols/go.md#checksum-database
 */
export function parseVerifier(text: string): Verifier | null {
  // Only the first two plus signs are separators, because base64 may contain more. The 44 base64 characters are 33
  // bytes: the algorithm and the key.
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text);
  const [, name = '', hashHex = '', encoded = ''] = found ?? [];
  const key = Buffer.from(encoded, 'base64');
  if (found === null || key[0] !== 1) return null;
  const hash = createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8);
  return hash === hashHex ? { name, hashHex, publicKey: key.subarray(1) } : null;
}

/**
 * The result of verifying a note. `forged`: a signature that names the verifier's key is wrong. `unsigned`: no
 * signature names that key.
 */
type OpenedNote =
  | { readonly tag: 'ok'; readonly text: string }
  | { readonly tag: 'malformed' }
  | { readonly tag: 'unsigned' }
  | { readonly tag: 'forged'; readonly signature: string };

const signaturesMax = 100;
/** The DER bytes before the raw key in an Ed25519 public key (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Verifies a signed note, and returns its text if the verifier's key signed it. It ignores signatures by other keys.
 * @see docs/protocols/go.md#checksum-database; golang/mod sumdb/note/note.go Open
 */
export function openNote(note: Uint8Array, verifier: Verifier): OpenedNote {
  const whole = utf8(note);
  if (whole === null || hasControls(whole)) return { tag: 'malformed' };
  const split = whole.lastIndexOf('\n\n');
  if (split < 0 || !whole.endsWith('\n')) return { tag: 'malformed' };
  const text = whole.slice(0, split + 1);
  const lines = whole.slice(split + 2, -1).split('\n');
  if (lines.length > signaturesMax) return { tag: 'malformed' };
  let isSigned = false;
  for (const line of lines) {
    const found = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    const signature = Buffer.from(found?.[2] ?? '', 'base64');
    if (found === null || signature.length < 5) return { tag: 'malformed' };
    if (found[1] !== verifier.name || signature.toString('hex', 0, 4) !== verifier.hashHex) continue;
    if (!isSignatureOf(text, signature.subarray(4), verifier)) return { tag: 'forged', signature: found[2] ?? '' };
    isSigned = true;
  }
  return isSigned ? { tag: 'ok', text } : { tag: 'unsigned' };
}

function isSignatureOf(text: string, signature: Buffer, verifier: Verifier): boolean {
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, verifier.publicKey]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text), key, signature);
}

/** The tree head of a checksum database: the number of records, and the root hash of the hash tree over them. */
export interface TreeHead {
  readonly size: number;
  readonly rootBase64: string;
}

export interface SignedHead extends TreeHead {
  readonly note: string;
}

/**
 * Parses the text of a tree head. Lines after the third are ignored. `null`: the text is malformed.
 * @see docs/protocols/go.md#checksum-database
 */
export function parseTreeHead(text: string): TreeHead | null {
  const [title, size = '', root = ''] = text.split('\n');
  if (title !== 'go.sum database tree' || !/^(0|[1-9]\d{0,15})$/.test(size)) return null;
  const isRoot = /^[A-Za-z0-9+/]{43}=$/.test(root) && Number.isSafeInteger(Number(size));
  return isRoot && text.endsWith('\n') ? { size: Number(size), rootBase64: root } : null;
}
