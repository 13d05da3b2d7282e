import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { z } from 'zod';
import { getOrElse } from '../../core/get-or-else.ts';
import type { TlsAccess } from '../../core/mirror.ts';
import { Secret } from '../../core/secret.ts';
import { phrase } from '../../words/tell.ts';
import { checked, file, mapping } from '../fields.ts';
import type { Path, Reading } from '../reading.ts';

export const tlsKey = mapping('Trusted certificates, and the client certificate.', {
  ca: file('Additional CA certificates to trust, PEM.').optional(),
  cert: file('Client certificate, PEM.').optional(),
  key: file('Private key of the client certificate, PEM, not encrypted.').optional(),
  'certs.d': file(
    "Directory in Docker's layout: `<host[:port]>/*.crt` are trust roots, `<x>.cert` and `<x>.key` are the client certificate. It replaces `ca`, `cert` and `key`.",
  ).optional(),
  pin: checked(
    'SHA-256 of the SubjectPublicKeyInfo (public key) of the server certificate, base64.',
    phrase('expected.pin'),
    (value) => /^sha256\/[A-Za-z0-9+/]{43}=$/.test(value),
  ).optional(),
}).optional();

type FileTls = NonNullable<z.output<typeof tlsKey>>;

const none: TlsAccess = { ca: [], client: null, pin: null };

export function readTls(path: Path, tls: FileTls | undefined, url: string, reading: Reading): TlsAccess {
  if (tls === undefined) return none;
  const pin = tls.pin ?? null;
  if (!url.startsWith('https:'))
    reading.error(path, phrase('expected.noTls'), { by: [], needs: [[...path.slice(0, -1), 'url']] });
  const named = fromFiles(path, tls, reading);
  const directory = tls['certs.d'];
  if (directory === undefined) return { ...named, pin };
  const extra = (['ca', 'cert', 'key'] as const).filter((key) => tls[key] !== undefined);
  if (extra.length > 0) reading.error(path, phrase('expected.certsd'), { by: ['certs.d'] });
  return { ...fromDirectory([...path, 'certs.d'], directory, url, reading), pin };
}

function fromFiles(path: Path, tls: FileTls, reading: Reading): Pick<TlsAccess, 'ca' | 'client'> {
  if ((tls.cert === undefined) !== (tls.key === undefined))
    reading.error(path, phrase('expected.certKey'), { by: ['cert', 'key'] });
  const ca = tls.ca === undefined ? null : readCertificates([...path, 'ca'], tls.ca, reading);
  const client =
    tls.cert === undefined || tls.key === undefined
      ? null
      : readKeyPair({ cert: tls.cert, key: tls.key }, { cert: [...path, 'cert'], key: [...path, 'key'] }, reading);
  return { ca: ca === null ? [] : [ca], client };
}

/**
 * Reads the certificates of a mirror from a directory in Docker's layout (a folder for each host). If the folder has
 * several client certificates with keys, the first by name is used, because Docker tries it first.
 * @see docs/protocols/oci.md#client-settings
 */
function fromDirectory(path: Path, directory: string, url: string, reading: Reading): TlsAccess {
  const { host } = new URL(url);
  const folder = `${directory.replace(/(?<!\/)\/+$/, '')}/${host}`;
  const names = reading.list(folder)?.toSorted();
  if (names === undefined) {
    reading.error(path, phrase('expected.folderIn', { name: host }), { needs: [[...path.slice(0, 2), 'url']] });
    return none;
  }
  const ca = names
    .filter((name) => name.endsWith('.crt'))
    .flatMap((name) => readCertificates(path, `${folder}/${name}`, reading) ?? []);
  const pairs = names.filter((name) => name.endsWith('.cert')).map((name) => name.slice(0, -'.cert'.length));
  for (const pair of pairs.filter((name) => !names.includes(`${name}.key`))) {
    reading.error(path, phrase('expected.keyBeside', { key: `${pair}.key`, cert: `${pair}.cert`, folder: host }));
  }
  const pair = pairs.find((name) => names.includes(`${name}.key`));
  if (pairs.length > 1)
    reading.warning(path, phrase('expected.oneCert', { folder: host, count: pairs.length, pair: pair ?? 'none' }));
  const pairNames = { cert: `${folder}/${pair ?? ''}.cert`, key: `${folder}/${pair ?? ''}.key` };
  const client = pair === undefined ? null : readKeyPair(pairNames, { cert: path, key: path }, reading);
  return { ca, client, pin: null };
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Reads certificates as text; `null` after reporting a mistake. */
function readCertificates(path: Path, name: string, reading: Reading): string | null {
  const text = reading.text(path, name);
  if (text === null) return null;
  const found = text.match(certificates) ?? [];
  if (found.length > 0 && found.every((one) => getOrElse(() => new X509Certificate(one), null) !== null)) return text;
  return reading.error(path, phrase('expected.filePem'));
}

/**
 * Reads a certificate with its private key; `null` after reporting a mistake.
 * @param paths  the keys that name the two files
 */
export function readKeyPair(
  names: { readonly cert: string; readonly key: string },
  paths: { readonly cert: Path; readonly key: Path },
  reading: Reading,
): { readonly cert: string; readonly key: Secret } | null {
  const cert = readCertificates(paths.cert, names.cert, reading);
  const key = reading.text(paths.key, names.key);
  if (key === null) return null;
  const parsed = getOrElse(() => createPrivateKey(key), null);
  if (parsed === null) return reading.error(paths.key, phrase('expected.filePemKey'));
  if (cert === null) return null;
  if (!new X509Certificate(cert.match(certificates)?.[0] ?? '').checkPrivateKey(parsed))
    return reading.error(paths.key, phrase('expected.keyOfCert'));
  return { cert, key: new Secret(key) };
}
