import { z } from 'zod';
import { addressBytesOf, hostAndPort, isLoopback } from '../../core/addresses.ts';
import type { Listen } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { maskText, Secret } from '../../core/secret.ts';
import { phrase } from '../../words/tell.ts';
import { checked, file, integer, isHostName, list, listenAddress, mapping, secretText, word } from '../fields.ts';
import type { Path, Reading } from '../reading.ts';
import { readKeyPair } from './tls.ts';

/**
 * Makes the schema of a key for an address to listen at.
 * @param usual  the default address of the mapping form
 * @param needs  a sentence for the reference: what a listener that is not on loopback needs
 * @param more   further keys of the mapping form
 */
export function makeListenKey<More extends z.ZodRawShape>(usual: string, needs: string, more: More) {
  return z.union([
    listenAddress(`Address of the HTTP interface. ${needs}`),
    mapping(null, {
      address: listenAddress('Address and port. An empty host means all IPv4 addresses.').prefault(usual),
      token: secretText(
        'Bearer token for all routes except `/-/healthy` and `/-/ready`.',
        phrase('expected.token'),
      ).optional(),
      tokenFile: file('File that contains the bearer token.').optional(),
      hosts: list(
        checked(
          '',
          phrase('expected.hostAddress'),
          (value) => isHostName(value) || addressBytesOf(value.replace(/^\[|\]$/g, '')) !== null,
        ),
        phrase('expected.listHosts'),
        64,
      )
        .describe(
          'Additional `Host` names to accept on loopback without a token, such as a service name that a scrape uses. Other names are rejected as a protection against DNS rebinding.',
        )
        .prefault([]),
      tls: mapping('Certificate and key with which this address serves HTTPS. Default: HTTP.', {
        cert: file('Certificate chain, PEM.'),
        key: file('Private key, PEM, not encrypted.'),
      }).optional(),
      ...more,
    }),
  ]);
}

const histogramKeys = {
  histograms: word(
    'Format of histograms for scrapers that accept protobuf. With `classic` these scrapers get a text format. Text formats always have classic histograms. A Prometheus that prefers protobuf and stores no native histograms needs `both` or `classic`. Default: `native`.',
    ['classic', 'native', 'both'],
  ).optional(),
  histogramBuckets: integer(
    'Maximum number of buckets of one native histogram series. Above this number, neighbouring buckets are merged, so quantiles are less exact. Default: 160.',
    4,
    1000,
  ).optional(),
};

export const listenKey = makeListenKey(
  '127.0.0.1:10120',
  'Off loopback a token is required, so use the mapping form.',
  histogramKeys,
)
  .describe('HTTP interface of the daemon: an address with port, or a mapping. A change needs a restart.')
  .prefault('127.0.0.1:10120');

type FileListen = z.output<ReturnType<typeof makeListenKey<typeof histogramKeys>>>;

/**
 * Reads a listen address and its files. If it is not on loopback, the daemon needs a token, and the door needs a token
 * or TLS.
 * @param path  the path of the key in the configuration
 */
export function readListen(path: Path, listen: FileListen, of: 'daemon' | 'door', reading: Reading): Listen {
  const short = typeof listen === 'string';
  const written: Exclude<FileListen, string> = short ? { address: listen, hosts: [] } : listen;
  const { token, tokenFile, tls, hosts, histograms = 'native', histogramBuckets = 160 } = written;
  const address = hostAndPort(written.address);
  const host = address?.host === '' || address === null ? '0.0.0.0' : address.host;
  if (token !== undefined && tokenFile !== undefined)
    reading.error(path, phrase('expected.tokenNotBoth'), { by: ['token', 'tokenFile'] });
  const isGuarded = token !== undefined || tokenFile !== undefined || (of === 'door' && tls !== undefined);
  if (!isGuarded && !isLoopback(host)) {
    reading.error(path, phrase(of === 'door' ? 'expected.doorLoopback' : 'expected.loopback'), {
      seen: JSON.stringify(maskText(written.address)),
      ...(short ? {} : { by: ['token', 'tokenFile', 'address'] }),
    });
  }
  const secret = bearerToken(
    path,
    { token, tokenFile },
    isLoopback(host) ? (of === 'daemon' ? 'warning' : null) : 'error',
    reading,
  );
  return {
    host,
    port: address?.port ?? 0,
    token: secret === null ? null : new Secret(secret),
    ...(hosts.length === 0 ? {} : { hosts: hosts.map((name) => name.toLowerCase()) }),
    ...(of === 'door' || histograms === 'classic' ? {} : { protobuf: { histograms, buckets: histogramBuckets } }),
    tls:
      tls === undefined
        ? null
        : readKeyPair(tls, { cert: [...path, 'tls', 'cert'], key: [...path, 'tls', 'key'] }, reading),
  };
}

/** Matches a token that a Bearer header can carry (RFC 6750 section 2.1, `b64token`). */
const b64token = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Reads the token of `token` or `tokenFile`; `null`: there is none, or it is invalid.
 * @param path   the path of the mapping with these keys
 * @param short  what a short token is. `error`: other machines can try tokens. `warning`: whoever got a proof of the token
 *               (docs/decisions/0188) can try tokens without any request. `null`: no issue
 */
export function bearerToken(
  path: Path,
  { token, tokenFile }: { readonly token?: string | undefined; readonly tokenFile?: string | undefined },
  short: 'error' | 'warning' | null,
  reading: Reading,
): string | null {
  const at = [...path, tokenFile === undefined ? 'token' : 'tokenFile'];
  const found = tokenFile === undefined ? (token ?? null) : reading.secret(at, tokenFile);
  if (found === null) return null;
  if (found.length > limits.tokenChars || !b64token.test(found))
    return reading.error(at, phrase('expected.bearerToken', { chars: limits.tokenChars }));
  if (short !== null && found.length < limits.tokenCharsSafe)
    reading[short](at, phrase('expected.bearerShort', { chars: limits.tokenCharsSafe }));
  return found;
}
