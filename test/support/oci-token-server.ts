import { randomUUID, sign, X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testCerts } from './certs.ts';
import { tokenWords } from './oci-registry.ts';

/** A token server on loopback that grants whoever asks whatever is asked. */
export interface OciTokenServer {
  readonly url: string;
  /** The scopes it was asked for, in order. */
  readonly asked: readonly string[];
  readonly close: () => void;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JSON Web Token as docker-registry takes it: signed by a key whose certificate comes along. */
function tokenFor(scopes: readonly string[]): string {
  const { server } = testCerts();
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.map((scope) => {
    const [type = '', name = '', actions = ''] = scope.split(':');
    return { type, name, actions: actions.split(',') };
  });
  const x5c = [new X509Certificate(server.certPem).raw.toString('base64')];
  const times = { nbf: now - 10, iat: now, exp: now + 300 };
  const claims = { iss: tokenWords.issuer, sub: '', aud: tokenWords.service, jti: randomUUID(), ...times, access };
  const text = `${base64({ typ: 'JWT', alg: 'ES256', x5c })}.${base64(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key: server.keyPem, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** Starts it. */
export async function startOciTokenServer(): Promise<OciTokenServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const scopes = new URL(request.url ?? '', 'http://localhost').searchParams.getAll('scope');
    asked.push(...scopes);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ token: tokenFor(scopes), expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
