import { z } from 'zod';
import { error, ok } from '../core/result.ts';
import { baseUrl } from '../core/url.ts';
import { readable } from '../ecosystems/fields.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import {
  checked,
  cron,
  duration,
  errorOf,
  file,
  hosts,
  integer,
  list,
  mapping,
  name,
  placeName,
  secretText,
  serverAddress,
  text,
  word,
} from './fields.ts';
import { parseProxyUrl } from './urls.ts';

const tls = mapping({
  ca: file('Extra trust roots, PEM.').optional(),
  cert: file('Client certificate, PEM.').optional(),
  key: file('Private key of the client certificate, PEM, not encrypted.').optional(),
  'certs.d': file(
    "Directory in Docker's layout: `<host[:port]>/*.crt` are trust roots, `<x>.cert` and `<x>.key` the client pair. In place of ca, cert and key.",
  ).optional(),
  pin: checked("SHA-256 of the leaf's SubjectPublicKeyInfo, base64.", phrase('expected.pin'), (value) =>
    /^sha256\/[A-Za-z0-9+/]{43}=$/.test(value),
  ).optional(),
});

const auth = mapping({
  username: text('User name for basic auth.', phrase('expected.userName')).optional(),
  password: secretText('Password for basic auth.', phrase('expected.passwordQuotes')).optional(),
  passwordFile: file('File that holds the password.').optional(),
  token: secretText('Bearer token, in place of a user name.', phrase('expected.token')).optional(),
  tokenFile: file('File that holds the token.').optional(),
  netrc: z
    .union([
      file("A netrc file; the entry of the mirror's host is used."),
      z.literal(true, errorOf(phrase('expected.trueOrPath'))),
    ])
    .meta({
      description: 'Path of a netrc file, or true for `$NETRC`, else `~/.netrc`. Keyed by host; the first entry wins.',
    })
    .optional(),
  hosts: list(text('', phrase('expected.hostPort'), 260), phrase('expected.listHosts'), 64)
    .meta({ description: "Hosts beside the mirror's own that may be given these credentials." })
    .prefault([]),
});

const aBaseUrl = phrase('expected.urlMirror', { example: 'https://mirror.example.com/go' });
const aScheme = phrase('expected.https');

/** True for a host, with a port or a path perhaps, that only lacks its scheme. */
function isBare(text: string): boolean {
  return /^[a-z0-9.-]+(:\d+)?(\/|$)/i.test(text) && baseUrl(`https://${text}`) !== null;
}

/** One entry of `mirrors`. */
export function mirror(registry: Registry) {
  return mapping(
    { ...common(registry), ...ownKeys(registry) },
    phrase('expected.mappingWith', { keys: 'name, ecosystem and url' }),
  );
}

/** Keys that one ecosystem alone knows: each is checked against the mirror's own afterwards. */
function ownKeys({ all }: Registry): object {
  return Object.assign({}, ...all.map(({ mirrorKeys }) => mirrorKeys ?? {}));
}

function common({ all }: Registry) {
  const ids = all.map(({ id }) => id);
  const upstreams = all.flatMap(({ publicUpstream }) => (publicUpstream === null ? [] : [`\`${publicUpstream}\``]));
  return {
    name: name('The label `registry`, unique in the file.'),
    ecosystem: word('What kind of registry it is.', ids as [string, ...string[]]),
    upstream: placeName(
      `What it is a mirror of. Mirrors stand in for each other only within one upstream. Default ${upstreams.join(', ')}.`,
    ).optional(),
    url: readable('Base URL. User-info in it is taken as basic auth and shown nowhere.', aBaseUrl, (value) => {
      if (baseUrl(value) !== null) return ok(value);
      return error(isBare(value) ? aScheme : aBaseUrl);
    }),
    role: word('`origin`: freshness is judged by comparison with it; at most one per upstream.', [
      'mirror',
      'origin',
    ]).prefault('mirror'),
    weight: integer('Preference among equals, higher first; without one it ranks as 0.', 0, 1_000_000).optional(),
    region: text('Its location, for display.', phrase('expected.shortText'), 64).optional(),
    capacity: word('`small`: of equally good mirrors, each daemon prefers another one, by a hash of its vantage.', [
      'small',
    ]).optional(),
    tls: tls.meta({ description: 'Trust and client certificate.' }).optional(),
    auth: auth
      .meta({
        description: 'Credentials: a user name and password, a token, or netrc. Never sent over http:// off loopback.',
      })
      .optional(),
    proxy: checked(
      'HTTP proxy. By default HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide; `direct` means none.',
      phrase('expected.urlDirect'),
      (value) => value === 'direct' || parseProxyUrl(value) !== null,
    ).optional(),
    resolve: mapping({
      family: z
        .literal([4, 6], errorOf(phrase('expected.family')))
        .meta({ description: "Address family; by default the resolver's first answer." })
        .optional(),
      server: serverAddress("DNS server to ask; by default the system's resolver.").optional(),
    })
      .meta({ description: 'Name resolution.' })
      .prefault({}),
    connection: word('Fresh connections, kept ones, or both (two series).', ['cold', 'warm', 'both']).prefault('cold'),
    protocol: word("HTTP version: as the ecosystem's clients offer it, HTTP/1.1 alone, or HTTP/2 alone.", [
      'client',
      'h1',
      'h2',
    ]).prefault('client'),
    allowHosts: hosts(
      'Networks, addresses and host names where answers of this mirror may send us beside public addresses.',
      true,
    )
      .meta({
        description:
          'Networks, addresses and host names where answers of this mirror may send us beside public addresses.',
      })
      .prefault([]),
    gaps: mapping({
      prereleases: z
        .boolean(errorOf(phrase('expected.boolean')))
        .meta({ description: 'It has no pre-releases.' })
        .prefault(false),
      releaseAge: duration('The minimum age of a version before the mirror takes it.', {
        min: 1000,
        max: 365 * 86_400_000,
      }).optional(),
      without: list(text('', phrase('expected.without'), 200), phrase('expected.listVersions'), 64)
        .meta({ description: 'Versions that the mirror never has; `*` stands for any text.' })
        .prefault([]),
    })
      .meta({ description: 'Versions that the mirror omits by design: they count neither as lag nor as missing.' })
      .optional(),
    maintenance: list(
      mapping({
        cron: cron('When it begins.'),
        for: duration('How long it lasts.', { min: 1000, max: 7 * 86_400_000 }),
      }),
      phrase('expected.listOf', { what: '{ cron, for }' }),
      64,
    )
      .meta({ description: 'Maintenance windows: the mirror is neither probed nor judged.' })
      .prefault([]),
  };
}
