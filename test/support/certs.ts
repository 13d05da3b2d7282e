import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './paths.ts';
import { type Certificate, type CertificatePlan, makeCertificate } from './x509.ts';

/** A certificate that is also on disk, for servers and clients that want paths. */
export interface CertificateFiles extends Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The certificates of one test run. All servers' are for 127.0.0.1 and localhost unless said otherwise. */
export interface Certs {
  /** The private CA that signed all but `selfSigned` and `unknownCa`. */
  readonly ca: CertificateFiles;
  /** Good for 127.0.0.1, localhost, *.example.com and the addresses given to `makeCerts`. */
  readonly server: CertificateFiles;
  /** Ended yesterday. */
  readonly expired: CertificateFiles;
  /** Begins tomorrow. */
  readonly notYetValid: CertificateFiles;
  /** Good, but ends in five days: for the finding about certificates that end soon. */
  readonly endsSoon: CertificateFiles;
  /** For other.invalid only. */
  readonly wrongName: CertificateFiles;
  /** Signed by itself. */
  readonly selfSigned: CertificateFiles;
  /** Signed by a CA that nobody trusts and that is not sent along. */
  readonly unknownCa: CertificateFiles;
  /** A client's, signed by `ca`; its CN is mirrorwatch-client. */
  readonly client: CertificateFiles;
}

const dayMs = 86_400_000;

/**
 * Makes the certificates, about ten milliseconds for all.
 * @param addresses  further IPv4 addresses the good server certificate is for, as the ends of a link
 */
export function makeCerts(addresses: readonly string[] = []): Certs {
  const dir = tempDir('certs');
  const at = (days: number): Date => new Date(Date.now() + days * dayMs);
  const make = (label: string, plan: Partial<CertificatePlan> & Pick<CertificatePlan, 'kind'>): CertificateFiles => {
    const made = makeCertificate({ commonName: label, notBefore: at(-2), notAfter: at(90), ...plan });
    const [certFile, keyFile] = [join(dir, `${label}.crt`), join(dir, `${label}.key`)];
    writeFileSync(certFile, made.certPem);
    writeFileSync(keyFile, made.keyPem, { mode: 0o600 });
    return { ...made, certFile, keyFile };
  };
  const names = ['127.0.0.1', 'localhost', 'example.com', '*.example.com'];
  const ca = make('mirrorwatch-test-ca', { kind: 'ca' });
  const stranger = make('unknown-test-ca', { kind: 'ca' });
  const server = (label: string, plan: Partial<CertificatePlan>): CertificateFiles =>
    make(label, { kind: 'server', names, issuer: ca, ...plan });
  return {
    ca,
    server: server('server', { names: [...names, ...addresses] }),
    expired: server('expired', { notBefore: at(-30), notAfter: at(-1) }),
    notYetValid: server('not-yet-valid', { notBefore: at(1) }),
    endsSoon: server('ends-soon', { notAfter: at(5) }),
    wrongName: server('wrong-name', { names: ['other.invalid'] }),
    selfSigned: make('self-signed', { kind: 'server', names }),
    unknownCa: server('unknown-ca', { issuer: stranger }),
    client: make('mirrorwatch-client', { kind: 'client', issuer: ca }),
  };
}

let shared: Certs | undefined;

/** The certificates of this test process, made on first use. */
export function testCerts(): Certs {
  if (shared === undefined || !existsSync(shared.ca.certFile)) shared = makeCerts();
  return shared;
}
