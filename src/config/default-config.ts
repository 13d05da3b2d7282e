import { knownGoMirrors } from './known-mirrors.ts';

/** Public DNS servers that accept TCP connections. */
export const publicControls = [
  { name: 'alidns', url: 'tcp://223.5.5.5:53' },
  { name: 'dnspod', url: 'tcp://119.29.29.29:53' },
  { name: 'dns-114', url: 'tcp://114.114.114.114:53' },
] as const;

/** The built-in configuration, also to be copied and edited. */
export const defaultConfigText: string = `# mirrorwatch: the built-in configuration. Copy it to ./mirrorwatch.yaml and change what you like.
# yaml-language-server: $schema=./docs/mirrorwatch.schema.json
vantage: local                # a name for the location of this daemon
listen: 127.0.0.1:10120       # status page, /metrics and API; off loopback a token is required
# contact: ops@example.com    # part of the User-Agent, so that an operator can write to you

# How often the canary of each mirror is asked; other steps have paces of their own (\`steps\`).
schedule: { every: 30s, timeout: 10s, perHost: 2, bytesPerHour: 50MiB }

# The higher the weight, the more a mirror is preferred among equals.
# An origin is what freshness is judged against; that it can't be reached from here is normal.
mirrors:
${knownGoMirrors.map(mirrorLine).join('\n')}

# Not mirrors: public DNS servers that accept TCP. They show whether the mirrors or this network cause a failure.
controls:
${publicControls.map(({ name, url }) => `  - { name: ${name}, url: ${url} }`).join('\n')}

# What your clients use today; by default the mirror of the highest weight, then direct.
# clients: { go: "https://goproxy.example.com,direct" }

# What is asked of every mirror. The first one with a fixed version is the canary. Use your own:
#   - { from: ../app/go.sum, top: 20 }
modules:
  go:
    - rsc.io/quote@v1.5.2
    - github.com/google/uuid@v1.6.0
    - github.com/BurntSushi/toml@v1.6.0    # upper case: its path is escaped on the wire
    - github.com/gin-gonic/gin@latest

# Names that never leave for a public mirror or database, by GOPRIVATE's rules.
# private: { go: [ git.example.com/* ] }

state: { path: ./data/mirrorwatch.db, keep: 30d }
`;

function mirrorLine({ name, url, role, weight, region, operator }: (typeof knownGoMirrors)[number]): string {
  const parts = [
    `name: ${name}`,
    'ecosystem: go',
    `url: ${url}`,
    ...(role === 'mirror' ? [] : [`role: ${role}`]),
    ...(weight === null ? [] : [`weight: ${weight}`]),
    ...(region === null ? [] : [`region: ${region}`]),
  ];
  return `  - { ${parts.join(', ')} }    # ${operator}`;
}
