import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Secret } from '../core/secret.ts';
import { phrase } from '../words/tell.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A file of certificates as text; `null` after telling why not. */
export function readCertificates(path: Path, name: string, reader: Reader, report: Report): string | null {
  const text = reader.text(path, name);
  if (text === null) return null;
  const found = text.match(certificates) ?? [];
  if (found.length > 0 && found.every(isCertificate)) return text;
  report.error(path, phrase('expected.filePem'));
  return null;
}

/**
 * A certificate with its private key; `null` after telling why not.
 * @param paths  where the two file names stand
 */
export function readPair(
  names: { readonly cert: string; readonly key: string },
  paths: { readonly cert: Path; readonly key: Path },
  reader: Reader,
  report: Report,
): { readonly cert: string; readonly key: Secret } | null {
  const cert = readCertificates(paths.cert, names.cert, reader, report);
  const key = reader.text(paths.key, names.key);
  if (key === null) return null;
  const parsed = privateKey(key);
  if (parsed === null) {
    report.error(paths.key, phrase('expected.filePemKey'));
    return null;
  }
  if (cert === null) return null;
  if (!new X509Certificate(cert.match(certificates)?.[0] ?? '').checkPrivateKey(parsed)) {
    report.error(paths.key, phrase('expected.keyOfCert'));
    return null;
  }
  return { cert, key: new Secret(key) };
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== null;
  } catch {
    return false;
  }
}

function privateKey(text: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(text);
  } catch {
    return null;
  }
}
