import type { Listen } from '../core/config.ts';
import { maskText } from '../core/mask-text.ts';
import type { Sentence } from '../core/result.ts';
import { Secret } from '../core/secret.ts';
import { phrase } from '../words/tell.ts';
import { hostAndPort, isLoopback } from './addresses.ts';
import { bearerToken } from './bearer.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';
import { readPair } from './tls.ts';

/** A checked key with a listen address. */
type FileListen =
  | string
  | {
      readonly address: string;
      readonly token?: string | undefined;
      readonly tokenFile?: string | undefined;
      readonly hosts: readonly string[];
      readonly tls?: { readonly cert: string; readonly key: string } | undefined;
    };

/** What a listener off loopback needs: `isMet` decides by its token and TLS. */
export interface Needs {
  isMet(has: { readonly token: boolean; readonly tls: boolean }): boolean;
  readonly expected: Sentence;
}

/** The daemon's own listener: its clients can pause mirrors and accept advice. */
export const tokenNeeded: Needs = {
  isMet: ({ token }) => token,
  expected: phrase('expected.loopback'),
};

/** The front door: some of its clients cannot send a token. */
export const tokenOrTlsNeeded: Needs = {
  isMet: ({ token, tls }) => token || tls,
  expected: phrase('expected.doorLoopback'),
};

/** Reads a listen address and its files; mistakes are reported. @param path  of the key */
export function readListen(path: Path, listen: FileListen, needs: Needs, reader: Reader, report: Report): Listen {
  const short = typeof listen === 'string';
  const written: Exclude<FileListen, string> = short ? { address: listen, hosts: [] } : listen;
  const { token, tokenFile, tls, hosts } = written;
  const address = hostAndPort(written.address);
  const host = address?.host === '' || address === null ? '0.0.0.0' : address.host;
  if (token !== undefined && tokenFile !== undefined)
    report.error(path, phrase('expected.tokenNotBoth'), { by: ['token', 'tokenFile'] });
  const has = { token: token !== undefined || tokenFile !== undefined, tls: tls !== undefined };
  if (!needs.isMet(has) && !isLoopback(host)) {
    report.error(path, needs.expected, {
      seen: JSON.stringify(maskText(written.address)),
      ...(short ? {} : { by: ['token', 'tokenFile', 'address'] }),
    });
  }
  const secret = bearerToken(path, { token, tokenFile }, !isLoopback(host), reader, report);
  return {
    host,
    port: address?.port ?? 0,
    token: secret === null ? null : new Secret(secret),
    ...(hosts.length === 0 ? {} : { hosts: hosts.map((name) => name.toLowerCase()) }),
    tls:
      tls === undefined
        ? null
        : readPair(tls, { cert: [...path, 'tls', 'cert'], key: [...path, 'tls', 'key'] }, reader, report),
  };
}
