import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { failureOf, phrase } from '../../words/tell.ts';
import { type Fields, fieldsOf, parseJson } from '../parse-json.ts';
import { sha256Of } from './project-page.ts';

export interface Attestation {
  readonly file: string;
  /** The SHA-256 that the attestation states for the file, lower-case hex. */
  readonly sha256: string;
  /** What was signed, in base64. `signature` and `certificate` are in base64 too. */
  readonly statement: string;
  readonly signature: string;
  readonly certificate: string;
  readonly entries: readonly unknown[];
}

const expected = phrase('answer.attestations');
const attestationsMax = 50;

function membersOf(value: unknown): Fields {
  return fieldsOf(value) ?? {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, attestationsMax) : [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= limits.provenanceBytes ? value : null;
}

/**
 * Parses a provenance object (the attestations of one file). One malformed attestation makes the whole object
 * malformed. @see PEP 740
 */
export function readProvenance(body: Uint8Array): Result<readonly Attestation[], ProbeFailure> {
  if (isMarkup(body)) return error(failureOf('wrong_content', expected));
  const { version, attestation_bundles: bundles } = membersOf(parsed(utf8(body) ?? ''));
  const written = listOf(bundles).flatMap((bundle) => listOf(membersOf(bundle)['attestations']));
  const read = written.slice(0, attestationsMax).flatMap((one) => readAttestation(membersOf(one)) ?? []);
  const isWhole = version === 1 && read.length > 0 && read.length === written.length;
  return isWhole ? ok(read) : error(failureOf('malformed', expected));
}

function readAttestation(fields: Fields): Attestation | null {
  const envelope = membersOf(fields['envelope']);
  const material = membersOf(fields['verification_material']);
  const [statement, signature] = [textOf(envelope['statement']), textOf(envelope['signature'])];
  const certificate = textOf(material['certificate']);
  if (fields['version'] !== 1 || statement === null || signature === null || certificate === null) return null;
  const entries = listOf(material['transparency_entries']);
  // Of an object in place of a text, the library would make as many bytes as its field `length` says.
  if (JSON.stringify(entries).includes('"length":')) return null;
  // A statement must have exactly one subject, as the public index requires.
  const [subject, ...others] = listOf(membersOf(parsed(Buffer.from(statement, 'base64').toString('utf8')))['subject']);
  const file = textOf(membersOf(subject)['name']);
  const sha256 = sha256Of(membersOf(membersOf(subject)['digest'])['sha256']);
  if (file === null || sha256 === null || others.length > 0) return null;
  return { file, sha256, statement, signature, certificate, entries };
}

function parsed(text: string): unknown {
  const read = parseJson(text, expected);
  return read.tag === 'ok' ? read.value : null;
}
