import { generateKeyPairSync, sign } from 'node:crypto';

/** A key that a registry signs with. */
export interface NpmSigner {
  readonly keyid: string;
  /** Its entry of `/-/npm/v1/keys`. @param expires  ISO; `null`: in force */
  listed(expires?: string | null): object;
  /** Its entry of `dist.signatures` over one version. */
  over(name: string, version: string, integrity: string): { readonly keyid: string; readonly sig: string };
}

/** Makes a key pair as npm registries have them. @see docs/protocols/npm.md#signatures */
export function makeNpmSigner(keyid: string): NpmSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const type = 'ecdsa-sha2-nistp256';
  return {
    keyid,
    listed: (expires = null) => ({ keyid, keytype: type, scheme: type, key, expires }),
    over: (name, version, integrity) => ({
      keyid,
      sig: sign('sha256', Buffer.from(`${name}@${version}:${integrity}`), privateKey).toString('base64'),
    }),
  };
}
