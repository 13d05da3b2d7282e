import { type KnownMirror, knownGoMirrors } from './known-mirrors.ts';

/** The built-in controls: public DNS servers that accept TCP connections. They show whether our own network is up. */
export const publicControls = [
  { name: 'alidns', url: 'tcp://223.5.5.5:53' },
  { name: 'dnspod', url: 'tcp://119.29.29.29:53' },
  { name: 'dns-114', url: 'tcp://114.114.114.114:53' },
] as const;

/** Public DNS servers that are reached from everywhere, as further controls for `mirrorwatch init`. */
export const globalControls = [
  { name: 'cloudflare-dns', url: 'tcp://1.1.1.1:53' },
  { name: 'google-dns', url: 'tcp://8.8.8.8:53' },
  { name: 'quad9', url: 'tcp://9.9.9.9:53' },
] as const;

/** The built-in configuration. Operators may copy and edit it. */
export const defaultConfigText: string = `# mirrorwatch: the built-in configuration. Copy it to ./mirrorwatch.yaml and change what you like.
# yaml-language-server: $schema=./docs/mirrorwatch.schema.json
vantage: local                # the name of the place where this daemon runs
listen: 127.0.0.1:10120       # status page, /metrics and API; an address off loopback needs a token
# contact: ops@example.com    # part of the User-Agent, so that a mirror's operator can write to you

# The canary is the light request that decides whether a mirror is up. Other steps have their own intervals (\`steps\`).
schedule: { every: 30s, timeout: 10s, perHost: 2, bytesPerHour: 50MiB }

# Among equally good mirrors the one with the higher weight is preferred.
# The freshness of mirrors is compared with the origin. An origin that cannot be reached from here is normal.
mirrors:
${knownGoMirrors.map(mirrorLine).join('\n')}

# Not mirrors: public DNS servers that accept TCP. They show whether the mirrors or this network cause a failure.
controls:
${publicControls.map(({ name, url }) => `  - { name: ${name}, url: ${url} }`).join('\n')}

# The current setting of your clients. Default: the mirror of the highest weight, then direct.
# clients: { go: "https://goproxy.example.com,direct" }

# The modules that are requested from every mirror. The canary probe requests the first one with a fixed version. Use your own:
#   - { from: ../app/go.sum, top: 20 }
modules:
  go:
    - rsc.io/quote@v1.5.2
    - github.com/google/uuid@v1.6.0
    - github.com/BurntSushi/toml@v1.6.0    # upper-case letters are escaped in requests
    - github.com/gin-gonic/gin@latest

# Names that are never sent to a public mirror or checksum database, as in GOPRIVATE.
# private: { go: [ git.example.com/* ] }

state: { path: ./data/mirrorwatch.db, keep: 30d }
`;

function mirrorLine(mirror: KnownMirror): string {
  return formatKnownMirror(mirror, ['ecosystem: go'], []);
}

/**
 * Formats a known mirror as an entry of `mirrors`.
 * @param kind  the keys for the mirror's ecosystem
 * @param own   the keys that the ecosystem adds
 */
export function formatKnownMirror(
  { name, url, role, weight, region, operator }: KnownMirror,
  kind: readonly string[],
  own: readonly string[],
): string {
  const parts = [
    ...[`name: ${name}`, ...kind, `url: ${url}`, ...own],
    ...(role === 'mirror' ? [] : [`role: ${role}`]),
    ...(weight === null ? [] : [`weight: ${weight}`]),
    ...(region === null ? [] : [`region: ${region}`]),
  ];
  return `  - { ${parts.join(', ')} }    # ${operator}`;
}
