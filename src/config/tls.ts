import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { TlsAccess } from '../core/mirror.ts';
import { Secret } from '../core/secret.ts';
import { phrase } from '../words/tell.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';
import type { FileMirror } from './schema.ts';

const none: TlsAccess = { ca: [], client: null, pin: null };

/** Reads a mirror's trust roots, client pair and pin. */
export function readTls(path: Path, mirror: FileMirror, url: string, reader: Reader, report: Report): TlsAccess {
  const { tls } = mirror;
  if (tls === undefined) return none;
  const pin = tls.pin ?? null;
  if (!url.startsWith('https:'))
    report.error(path, phrase('expected.noTls'), { by: [], needs: [[...path.slice(0, -1), 'url']] });
  const named = fromFiles(path, tls, reader, report);
  const directory = tls['certs.d'];
  if (directory === undefined) return { ...named, pin };
  const extra = (['ca', 'cert', 'key'] as const).filter((key) => tls[key] !== undefined);
  if (extra.length > 0) report.error(path, phrase('expected.certsd'), { by: ['certs.d'] });
  return { ...fromDirectory([...path, 'certs.d'], directory, url, reader, report), pin };
}

type FileTls = NonNullable<FileMirror['tls']>;

function fromFiles(path: Path, tls: FileTls, reader: Reader, report: Report): Pick<TlsAccess, 'ca' | 'client'> {
  if ((tls.cert === undefined) !== (tls.key === undefined))
    report.error(path, phrase('expected.certKey'), { by: ['cert', 'key'] });
  const ca = tls.ca === undefined ? null : readCertificates([...path, 'ca'], tls.ca, reader, report);
  const client =
    tls.cert === undefined || tls.key === undefined
      ? null
      : readPair({ cert: tls.cert, key: tls.key }, { cert: [...path, 'cert'], key: [...path, 'key'] }, reader, report);
  return { ca: ca === null ? [] : [ca], client };
}

/**
 * Docker's layout: `<host[:port]>/*.crt` are trust roots, `<x>.cert` with `<x>.key` the client pair; the default port
 * goes without. Of several pairs the first in name order is taken, as Docker tries it first.
 * @see protocols.md section 4.7
 */
function fromDirectory(path: Path, directory: string, url: string, reader: Reader, report: Report): TlsAccess {
  const { host } = new URL(url);
  const folder = `${directory.replace(/\/+$/, '')}/${host}`;
  const names = reader.list(folder)?.toSorted();
  if (names === undefined) {
    report.error(path, phrase('expected.folderIn', { name: host }), { needs: [[...path.slice(0, 2), 'url']] });
    return none;
  }
  const ca = names
    .filter((name) => name.endsWith('.crt'))
    .flatMap((name) => readCertificates(path, `${folder}/${name}`, reader, report) ?? []);
  const pairs = names.filter((name) => name.endsWith('.cert')).map((name) => name.slice(0, -'.cert'.length));
  for (const pair of pairs.filter((name) => !names.includes(`${name}.key`))) {
    report.error(path, phrase('expected.keyBeside', { key: `${pair}.key`, cert: `${pair}.cert`, folder: host }));
  }
  const pair = pairs.find((name) => names.includes(`${name}.key`));
  if (pairs.length > 1)
    report.warning(path, phrase('expected.oneCert', { folder: host, count: pairs.length, pair: pair ?? 'none' }));
  const pairNames = { cert: `${folder}/${pair ?? ''}.cert`, key: `${folder}/${pair ?? ''}.key` };
  const client = pair === undefined ? null : readPair(pairNames, { cert: path, key: path }, reader, report);
  return { ca, client, pin: null };
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A file of certificates as text; `null` after a report of the mistake. */
function readCertificates(path: Path, name: string, reader: Reader, report: Report): string | null {
  const text = reader.text(path, name);
  if (text === null) return null;
  const found = text.match(certificates) ?? [];
  if (found.length > 0 && found.every(isCertificate)) return text;
  report.error(path, phrase('expected.filePem'));
  return null;
}

/**
 * A certificate with its private key; `null` after a report of the mistake.
 * @param paths  the paths of the two file names
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
