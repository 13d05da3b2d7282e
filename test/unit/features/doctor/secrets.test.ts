import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testMachine } from './machine.ts';

// A secret in any place of any file that a doctor reads: nothing that it says holds it, in whatever form it says it.

type Lines = (secret: string, host: string) => readonly string[];

const shell: Lines = (s, h) => [
  `export GOPROXY=https://ada:${s}@${h},direct`,
  `export GOPROXY="https://${h}|https://${s}@${h}"`,
  `export GOPROXY='ada:${s}@${h}'`,
  `export PIP_INDEX_URL=https://ada:${s}@${h}/simple`,
  `export PIP_EXTRA_INDEX_URL="https://${h}/simple https://ada:${s}@${h}/simple"`,
  `export PIP_EXTRA_INDEX_URL="https://${h}/simple ada:pa/${s}@${h}/simple"`,
  `export HTTP_PROXY=http:/ada:${s}@${h} https_proxy='ada:pa/${s}@${h}'`,
  `UV_DEFAULT_INDEX=https://${s}@${h}/simple; export UV_DEFAULT_INDEX`,
  `export NPM_CONFIG_REGISTRY=https://ada:${s}@${h}/`,
  `export HTTPS_PROXY=http://ada:${s}@proxy.example.com:3128 NO_PROXY=`,
  `export GONOSUMDB=ada:${s}@${h}`,
  'export GOSUMDB=off',
  `export GOSUMDB="sum.golang.org https://ada:${s}@${h}/sumdb"`,
  `export NPM_TOKEN=${s}`,
  `cat > ~/.netrc <<END\nmachine ${h} login ada password ${s}\nGOPROXY=https://${s}.${h}\nEND`,
  `cat <<-'X Y' | sh\n\tmachine ${h}\n\tpassword\n\t${s}\n\tX Y`,
];
const npmrc: Lines = (s, h) => [
  `//${h}/:_authToken=${s}`,
  `_authToken = "${s}"`,
  `_auth=${s}`,
  `//${h}/:_authToken[]=${s}`,
  `_password[] = "${s}"`,
  `registry=http:/ada:${s}@${h}/`,
  `//${h}/:_password="${s}"`,
  `//other.example.com/:_authToken=${s}`,
  `registry=https://ada:${s}@${h}/`,
  `@corp:registry=http://ada:${s}@${h}/npm/`,
  `https-proxy=http://ada:${s}@${h}:3128`,
  `key="-----BEGIN KEY-----\\n${s}"`,
  'strict-ssl=false',
  `registry=https://${h}/?token=${s}`,
  `registry=https://${h}/npm?a=b&sig=${s}`,
];
const pipConf: Lines = (s, h) => [
  '[global]',
  '[install]',
  `index-url = https://ada:${s}@${h}/simple`,
  `extra-index-url =\n    https://${h}/simple\n    https://ada:${s}@${h}/simple`,
  `proxy = http://ada:${s}@${h}:3128`,
  `trusted-host = ${h}`,
  `trusted-host = ada:${s}@${h}`,
  `password =\n    ${s}`,
];
const uvToml: Lines = (s, h) => [
  `index-url = "https://ada:${s}@${h}/simple"`,
  `[[index]]\nname = "x"\nurl = "https://ada:${s}@${h}/simple"\ndefault = true`,
  `allow-insecure-host = ["ada:${s}@${h}"]`,
  `token = """\n${s}"""`,
];
const containerd: Lines = (s, h) => [
  `server = "https://ada:${s}@${h}"`,
  `[host."https://ada:${s}@${h}"]\n  capabilities = ["pull"]\n  skip_verify = true`,
  `[host."https://${h}".header]\n  Authorization = [\n    "Basic ${s}",\n  ]`,
  `[plugins."io.containerd.grpc.v1.cri".registry.configs."${h}".auth]\n  password = "${s}"`,
  `[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\n  endpoint = ["https://ada:${s}@${h}"]`,
];

const cargo: Lines = (s, h) => [
  `[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "sparse+http://ada:${s}@${h}/"`,
  `[source.crates-io]\nreplace-with = "ada:${s}@${h}"`,
  `[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "https://ada:${s}@${h}/index"`,
  `[registry]\ntoken = "${s}"\n[net]\noffline = true`,
];

/** By file as in `testMachine`: what may stand in it. */
const files: Readonly<Record<string, Lines>> = {
  '~/.bashrc': shell,
  '~/.zshrc': shell,
  '~/.profile': shell,
  '~/.config/fish/config.fish': (s, h) => [
    `set -gx GOPROXY https://ada:${s}@${h},direct`,
    `set -x NPM_CONFIG_REGISTRY "https://ada:${s}@${h}/"`,
  ],
  '/etc/environment': shell,
  '/etc/profile.d/mirrors.sh': shell,
  '.envrc': shell,
  '~/.config/go/env': (s, h) => [
    `GOPROXY=https://ada:${s}@${h},direct`,
    `GOPROXY=https://${s}@${h}|https://b.example.com`,
    `GOPROXY=ada:${s}@${h};direct`,
    `GOINSECURE=ada:${s}@${h}`,
    `GONOSUMDB=github.com,ada:${s}@${h}`,
    'GOSUMDB=off',
    'GOFLAGS=-insecure',
    `GOAUTH=git ${h}\npassword=${s}`,
    `machine ${h} login ada password ${s}`,
    `password\n${s}`,
  ],
  '~/.npmrc': npmrc,
  '.npmrc': npmrc,
  '/etc/npmrc': npmrc,
  '~/.yarnrc.yml': (s, h) => [
    `npmRegistryServer: "https://ada:${s}@${h}"`,
    `npmAuthToken: ${s}`,
    `npmAuthToken: |\n  ${s}`,
    `npmRegistries:\n  "//${h}":\n    npmAuthIdent: "ada:${s}"`,
    'enableStrictSsl: false',
  ],
  '~/.config/pip/pip.conf': pipConf,
  '/etc/pip.conf': pipConf,
  '~/.config/uv/uv.toml': uvToml,
  'uv.toml': uvToml,
  '~/.cargo/config.toml': cargo,
  '.cargo/config': cargo,
  'pyproject.toml': (s, h) => uvToml(s, h).map((text) => text.replace('[[index]]', '[[tool.uv.index]]')),
  'package.json': (s, h) => [
    `{ "name": "app", "dependencies": { "@corp/ui": "https://ada:${s}@${h}/ui.tgz" }, "publishConfig": { "registry": "https://ada:${s}@${h}" } }`,
  ],
  'go.mod': () => ['module example.com/app\n\nrequire git.example.com/team/lib v1.0.0'],
  '/etc/docker/daemon.json': (s, h) => [
    `{ "registry-mirrors": ["https://ada:${s}@${h}", "http://${s}@${h}"], "insecure-registries": ["ada:${s}@${h}", "${s}@${h}"] }`,
    `{ "registry-mirrors": ["https://ada:${s}@${h}" }`,
  ],
  '/etc/containerd/config.toml': containerd,
  '/etc/containerd/certs.d/docker.io/hosts.toml': containerd,
  '/etc/containers/registries.conf': (s, h) => [
    `[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "ada:${s}@${h}"\ninsecure = true`,
  ],
  '~/.netrc': (s, h) => [`machine ${h}\nlogin ada\npassword\n${s}`, `macdef init\nput ${s}\n`],
};

const marker = 'S3CRET';
const around = fc.stringMatching(/^[A-Za-z0-9!%+~_.-]{0,4}$/);
const secret = fc.tuple(around, around).map(([a, b]) => `x${a}${marker}${b}x`);
const host = fc.constantFrom('a.example.com', 'b.example.com:8443', '127.0.0.1:9');
/** Files in which `--fix` changes something, so that half of all files have a chance of a diff. */
const fixed = ['~/.config/go/env', '~/.npmrc', '~/.yarnrc.yml', '~/.config/uv/uv.toml', '~/.cargo/config.toml'];
const file = fc.oneof(fc.constantFrom(...Object.keys(files)), fc.constantFrom(...fixed));
const planted = fc.uniqueArray(
  fc.tuple(file, fc.array(fc.tuple(fc.nat(), secret, host), { minLength: 1, maxLength: 5 })),
  { selector: ([name]) => name, minLength: 1, maxLength: 5 },
);

function textOf(name: string, picks: readonly (readonly [number, string, string])[]): string {
  const lines = picks.map(([at, given, where]) => {
    const all = files[name]?.(given, where) ?? [];
    return all[at % all.length] ?? '';
  });
  return `${lines.join('\n')}\n`;
}

const variables = [
  'PIP_EXTRA_INDEX_URL',
  'PIP_TRUSTED_HOST',
  'HTTP_PROXY',
  'GOPROXY',
  'PIP_INDEX_URL',
  'NPM_CONFIG_REGISTRY',
  'HTTPS_PROXY',
  'UV_DEFAULT_INDEX',
  'GOSUMDB',
];
const env = fc.dictionary(fc.constantFrom(...variables), fc.tuple(secret, host, fc.nat()), { maxKeys: 2 });

const credentialed: readonly ((secret: string, host: string) => string)[] = [
  (s, h) => `https://ada:${s}@${h}/`,
  (s, h) => `https://${h}/simple https://ada:${s}@${h}/simple`,
  (s, h) => `https://${h}/simple ada:${s}@${h}/simple`,
  (s, h) => `ada:pa/${s}@${h}`,
  (s, h) => `http:/ada:${s}@${h}`,
  (s, h) => `http:\\\\ada:${s}@${h}`,
  (s, h) => `https://ada:p ${s}@${h}`,
  (s, h) => `https://${h}/#${s}`,
];

test('nothing of it in text, JSON, a diff, what undo lists and says', async () => {
  let diffs = 0;
  await fc.assert(
    fc.asyncProperty(planted, env, async (all, given) => {
      const machine = testMachine(
        Object.fromEntries(all.map(([name, picks]) => [name, textOf(name, picks)])),
        Object.fromEntries(
          Object.entries(given).map(([name, [s, h, at]]) => [
            name,
            credentialed[at % credentialed.length]?.(s, h) ?? '',
          ]),
        ),
      );
      for (const argv of [
        ['doctor'],
        ['doctor', '--json'],
        ['doctor', '--lang', 'zh'],
        ['doctor', '--fix', '--yes'],
        ['doctor', '--json', '--fix', '--yes'],
        ['undo', '--list'],
        ['undo'],
      ]) {
        const { out, err } = await machine.run(argv);
        if (err.includes('@@')) diffs += 1;
        expect(`${argv.join(' ')}: ${out}\n${err}`).not.toMatch(/s3cret/i);
      }
    }),
    { numRuns: 80 },
  );
  // Something was mended often enough to have shown.
  expect(diffs).toBeGreaterThan(10);
});
