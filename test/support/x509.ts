import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What a certificate says. Keys are ECDSA P-256, signatures SHA-256. */
export interface CertificatePlan {
  readonly commonName: string;
  /** Subject alternative names: host names, and IPv4 addresses as such. */
  readonly names?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly kind: 'ca' | 'server' | 'client';
  /** Absent: signed by itself. */
  readonly issuer?: Certificate;
}

/** A certificate with its private key, as PEM texts. */
export interface Certificate {
  readonly commonName: string;
  readonly certPem: string;
  readonly keyPem: string;
  readonly privateKey: KeyObject;
  /** `sha256/` and the base64 hash of the public key: the form of our `tls.pin`. */
  readonly pin: string;
}

const tag = { boolean: 1, integer: 2, bits: 3, octets: 4, oid: 6, utf8: 0x0c, utc: 0x17, sequence: 0x30, set: 0x31 };

function der(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([type, body.length]), body]);
  const size = body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([type, ...size]), body]);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(tag.oid, Buffer.from(bytes));
}

const name = (commonName: string): Buffer =>
  der(tag.sequence, der(tag.set, der(tag.sequence, oid('2.5.4.3'), der(tag.utf8, Buffer.from(commonName)))));

/** UTCTime, RFC 5280 4.1.2.5.1: good for 1950 to 2049. */
const time = (date: Date): Buffer =>
  der(tag.utc, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

const ecdsaSha256 = der(tag.sequence, oid('1.2.840.10045.4.3.2'));

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(tag.boolean, Buffer.from([0xff]))] : [];
  return der(tag.sequence, oid(id), ...flag, der(tag.octets, value));
}

const generalName = (text: string): Buffer =>
  /^\d+\.\d+\.\d+\.\d+$/.test(text)
    ? der(0x87, Buffer.from(text.split('.').map(Number)))
    : der(0x82, Buffer.from(text));

/** RFC 5280 4.2.1: the extensions that Go's and OpenSSL's verifiers look at. */
function extensions(plan: CertificatePlan, publicKey: Buffer, issuerKey: Buffer): Buffer {
  const isCa = plan.kind === 'ca';
  const keyId = (spki: Buffer): Buffer => createHash('sha1').update(spki).digest();
  const list = [
    extension('2.5.29.19', true, der(tag.sequence, ...(isCa ? [der(tag.boolean, Buffer.from([0xff]))] : []))),
    // keyCertSign and cRLSign, or digitalSignature.
    extension('2.5.29.15', true, der(tag.bits, Buffer.from(isCa ? [1, 0x06] : [7, 0x80]))),
    extension('2.5.29.14', false, der(tag.octets, keyId(publicKey))),
    extension('2.5.29.35', false, der(tag.sequence, der(0x80, keyId(issuerKey)))),
  ];
  if (!isCa) {
    const purpose = plan.kind === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2';
    list.push(extension('2.5.29.37', false, der(tag.sequence, oid(purpose))));
  }
  if (plan.names !== undefined && plan.names.length > 0) {
    list.push(extension('2.5.29.17', false, der(tag.sequence, ...plan.names.map(generalName))));
  }
  return der(0xa3, der(tag.sequence, ...list));
}

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;

/**
 * Makes an X.509 v3 certificate (RFC 5280). Written here because Node makes none, the openssl command of Debian 12
 * cannot backdate one in a single step, and the fault tests must run where no openssl is installed.
 */
export function makeCertificate(plan: CertificatePlan): Certificate {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  const signer = plan.issuer?.privateKey ?? pair.privateKey;
  const signerSpki = createPublicKey(signer).export({ type: 'spki', format: 'der' });
  // 16 bytes, the first of which keeps the number positive and without a leading zero.
  const serial = Buffer.concat([Buffer.from([0x4d]), randomBytes(15)]);
  const body = der(
    tag.sequence,
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    ecdsaSha256,
    name(plan.issuer?.commonName ?? plan.commonName),
    der(tag.sequence, time(plan.notBefore), time(plan.notAfter)),
    name(plan.commonName),
    spki,
    extensions(plan, spki, signerSpki),
  );
  const signature = der(tag.bits, Buffer.from([0]), sign('sha256', body, signer));
  return {
    commonName: plan.commonName,
    certPem: pem('CERTIFICATE', der(tag.sequence, body, ecdsaSha256, signature)),
    keyPem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    privateKey: pair.privateKey,
    pin: `sha256/${createHash('sha256').update(spki).digest('base64')}`,
  };
}
