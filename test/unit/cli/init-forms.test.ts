import { expect, test } from 'vitest';
import { table } from '../../support/table.ts';
import { testMachine } from '../features/doctor/machine.ts';
import {
  bun,
  type Files,
  go,
  image,
  index,
  linesOf,
  mirror,
  npm,
  origin,
  other,
  packageLock,
  pdm,
  pnpm,
  poetryLock,
  python,
  uvLock,
  yarn1,
  yarn4,
} from './init-files.ts';

/** A project, and the chain with its place, as init says them. */
const rows: readonly (readonly [form: string, files: Files, chain: string, place: string])[] = [
  // tox 3
  [
    'indexserver of tox.ini',
    {
      ...python,
      'tox.ini': `[tox]\nenvlist = py\nindexserver =\n    dev = ${other}\n    default = ${index}\n\n[testenv]\ndeps = pytest\n`,
    },
    `${index}/`,
    'tox.ini:5',
  ],
  // npm's clients
  [
    'registry-url of setup-node, without a scope',
    {
      'package-lock.json': packageLock(origin),
      '.github/workflows/ci.yml': `jobs:\n  test:\n    steps:\n      - uses: actions/checkout@v4\n      - uses: actions/setup-node@v4\n        with:\n          node-version: 22\n          registry-url: ${mirror}\n      - run: npm ci\n`,
    },
    `${mirror}/`,
    '.github/workflows/ci.yml:8',
  ],
  [
    '.npmrc beside the lock file of a folder',
    {
      'web/package-lock.json': packageLock(origin),
      'web/.npmrc': `registry = "${mirror}/" ; x\n[s]\nregistry=${other}\n`,
    },
    `${mirror}/`,
    'web/.npmrc:1',
  ],
  [
    '.yarnrc.yml',
    { 'yarn.lock': yarn4, '.yarnrc.yml': `nodeLinker: pnp\nnpmRegistryServer: '${mirror}' # x\n` },
    `${mirror}/`,
    '.yarnrc.yml:2',
  ],
  [
    '.yarnrc.yml before .npmrc, beside yarn.lock',
    {
      'package.json': '{}',
      'app/yarn.lock': yarn4,
      'app/.npmrc': `registry=${other}\n`,
      'app/.yarnrc.yml': `npmRegistryServer: ${mirror}\n`,
    },
    `${mirror}/`,
    'app/.yarnrc.yml:1',
  ],
  [
    '.npmrc before .yarnrc.yml, beside package-lock.json',
    {
      'app/package-lock.json': packageLock(origin),
      'app/.npmrc': `registry=${mirror}\n`,
      'app/.yarnrc.yml': `npmRegistryServer: ${other}\n`,
    },
    `${mirror}/`,
    'app/.npmrc:1',
  ],
  ['.yarnrc', { 'yarn.lock': yarn1(origin), '.yarnrc': `# x\nregistry "${mirror}"\n` }, `${mirror}/`, '.yarnrc:2'],
  [
    'pnpm-workspace.yaml, registries',
    { 'pnpm-lock.yaml': pnpm, 'pnpm-workspace.yaml': `registries: { default: "${mirror}", '@corp': ${other} }\n` },
    `${mirror}/`,
    'pnpm-workspace.yaml:1',
  ],
  [
    'pnpm-workspace.yaml, registry',
    { 'pnpm-lock.yaml': pnpm, 'pnpm-workspace.yaml': `packages: ['a']\nregistry: ${mirror}\n` },
    `${mirror}/`,
    'pnpm-workspace.yaml:2',
  ],
  [
    'bunfig.toml, a text',
    { 'bun.lock': bun, 'bunfig.toml': `[install]\nregistry = "${mirror}"\n` },
    `${mirror}/`,
    'bunfig.toml:2',
  ],
  [
    'bunfig.toml, a table',
    { 'bun.lock': bun, 'bunfig.toml': `[install.registry]\nurl = "${mirror}"\n` },
    `${mirror}/`,
    'bunfig.toml:2',
  ],
  [
    "the user's .yarnrc.yml",
    { 'yarn.lock': yarn4, '~/.yarnrc.yml': `npmRegistryServer: ${mirror}\n` },
    `${mirror}/`,
    '~/.yarnrc.yml:1',
  ],
  [
    "pnpm's file of the user",
    { 'pnpm-lock.yaml': pnpm, '~/.config/pnpm/config.yaml': `registry: ${mirror}\n` },
    `${mirror}/`,
    '~/.config/pnpm/config.yaml:1',
  ],
  [
    'npm config set',
    { ...npm, Dockerfile: `FROM node:24\nRUN npm config set registry ${mirror} && npm ci\n` },
    `${mirror}/`,
    'Dockerfile:2',
  ],
  [
    'npm config set -g, with =',
    { ...npm, Dockerfile: `RUN npm config set -g registry=${mirror}\n` },
    `${mirror}/`,
    'Dockerfile:1',
  ],
  [
    'yarn config set',
    {
      'yarn.lock': yarn4,
      '.gitlab-ci.yml': `job:\n  script:\n    - yarn config set --home npmRegistryServer "${mirror}"\n`,
    },
    `${mirror}/`,
    '.gitlab-ci.yml:3',
  ],
  [
    'an option of a command over several lines',
    { ...npm, Dockerfile: `RUN npm ci \\\n  # why\n  --ignore-scripts \\\n  --registry=${mirror} \\\n  && true\n` },
    `${mirror}/`,
    'Dockerfile:4',
  ],
  ['ENV with a space', { ...npm, Dockerfile: `ENV NPM_CONFIG_REGISTRY ${mirror}\n` }, `${mirror}/`, 'Dockerfile:1'],
  [
    'an ARG that a command uses',
    { ...npm, Dockerfile: `ARG REGISTRY=${mirror}\nRUN npm config set registry \${REGISTRY}\n` },
    `${mirror}/`,
    'Dockerfile:2',
  ],
  [
    'the usual value of a variable',
    { ...npm, Dockerfile: `ARG REGISTRY\nRUN npm ci --registry "\${REGISTRY:-${mirror}}"\n` },
    `${mirror}/`,
    'Dockerfile:2',
  ],
  [
    'a start-up file of shells',
    { ...npm, '~/.bashrc': `export npm_config_registry=${mirror}\n` },
    `${mirror}/`,
    '~/.bashrc:1',
  ],
  [
    'most entries of a package-lock.json',
    { 'package-lock.json': packageLock(mirror, mirror, origin), '.npmrc': `registry=${other}\n` },
    `${mirror}/`,
    'package-lock.json: 2 of 3 entries',
  ],
  [
    'a lock file with paths of cnpmcore',
    { 'package-lock.json': packageLock(mirror).replace('/-/', '/download/') },
    `${mirror}/`,
    'package-lock.json: 1 of 1 entries',
  ],
  ['a yarn.lock', { 'yarn.lock': yarn1(mirror) }, `${mirror}/`, 'yarn.lock: 1 of 1 entries'],
  [
    'a pnpm-lock.yaml',
    {
      'pnpm-lock.yaml': `lockfileVersion: 5.4\npackages:\n  npm.example.com/is-odd/1.0.0:\n    resolution: {integrity: sha512-x, registry: ${mirror}/}\n`,
    },
    `${mirror}/`,
    'pnpm-lock.yaml: 1 of 1 entries',
  ],
  // Python's clients
  [
    'Poetry',
    {
      'poetry.lock': '[metadata]\n',
      'pyproject.toml': `[[tool.poetry.source]]\nname = "a"\nurl = "${other}"\npriority = "explicit"\n[[tool.poetry.source]]\nname = "b"\nurl = "${index}"\npriority = "primary"\n`,
    },
    `${index}/`,
    'pyproject.toml:7',
  ],
  ['a poetry.lock', { 'poetry.lock': poetryLock(index) }, `${index}/`, 'poetry.lock: 1 of 1 entries'],
  [
    'PDM',
    {
      'pdm.lock': pdm,
      'pyproject.toml': `[[tool.pdm.source]]\nname = "corp"\nurl = "${other}"\n[[tool.pdm.source]]\nname = "pypi"\nurl = "${index}"\n`,
    },
    `${index}/`,
    'pyproject.toml:6',
  ],
  [
    'Pipenv',
    { Pipfile: `[[source]]\nurl = "${index}"\nname = "a"\n[[source]]\nurl = "${other}"\nname = "b"\n`, ...python },
    `${index}/`,
    'Pipfile:2',
  ],
  [
    "uv's inline list",
    {
      ...python,
      'pyproject.toml': `[tool.uv]\nindex = [{ name = "a", url = "${other}" }, { name = "b", url = "${index}", default = true }]\n`,
    },
    `${index}/`,
    '~/work/pyproject.toml:2',
  ],
  [
    'a uv.lock from an index that is not the default one',
    { 'uv.lock': uvLock(index, index), 'pyproject.toml': `[[tool.uv.index]]\nurl = "${index}"\n` },
    `${index}/`,
    'uv.lock: 2 of 2 entries',
  ],
  [
    'requirements of a folder',
    { 'api/requirements.txt': `--index-url ${index}\nsix==1.17.0\n` },
    `${index}/`,
    'api/requirements.txt:1',
  ],
  [
    'pip -i at the end',
    { ...python, Dockerfile: `RUN pip3 install -r requirements.txt -i ${index}\n` },
    `${index}/`,
    'Dockerfile:1',
  ],
  [
    'python -m pip, a list of words',
    { ...python, Dockerfile: `RUN ["python", "-m", "pip", "install", "-i", "${index}", "-r", "x"]\n` },
    `${index}/`,
    'Dockerfile:1',
  ],
  [
    'pip config set',
    { ...python, Dockerfile: `RUN pip config --user set global.index-url ${index}\n` },
    `${index}/`,
    'Dockerfile:1',
  ],
  [
    'ENV with a space, of uv',
    { ...python, Dockerfile: `ENV UV_DEFAULT_INDEX ${index}\n` },
    `${index}/`,
    'Dockerfile:1',
  ],
  [
    'a file that a command writes',
    { ...python, Dockerfile: `RUN printf '[global]\\nindex-url = ${index}\\n' > /etc/pip.conf\n` },
    `${index}/`,
    'Dockerfile:1',
  ],
  // Go
  [
    'ENV GOPROXY with a space',
    { ...go, Dockerfile: 'ENV GO111MODULE on\nENV GOPROXY https://go.example.com,direct\n' },
    'https://go.example.com,direct',
    'Dockerfile:2',
  ],
  [
    'go env -w',
    { ...go, Makefile: 'x:\n\tgo env -w GOPROXY="https://a.example.com|https://b.example.com"\n' },
    'https://a.example.com|https://b.example.com',
    'Makefile:2',
  ],
  // Images
  [
    'podman: prefix and another location',
    {
      ...image,
      '/etc/containers/registries.conf': '[[registry]]\nprefix = "docker.io"\nlocation = "hub.example.com"\n',
    },
    'https://hub.example.com',
    '/etc/containers/registries.conf',
  ],
  [
    'podman: a location with a path, and a mirror',
    {
      ...image,
      '/etc/containers/registries.conf.d/a.conf':
        '[[registry]]\nprefix = "docker.io"\nlocation = "hub.example.com/team/hub"\nmirror = [{ location = "m.example.com:5000", insecure = true }]\n',
    },
    'http://m.example.com:5000|https://hub.example.com/v2/team/hub',
    '/etc/containers/registries.conf.d/a.conf',
  ],
  [
    'podman: insecure',
    {
      ...image,
      '/etc/containers/registries.conf':
        '[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "hub.example.com"\ninsecure = true\n',
    },
    'http://hub.example.com|direct',
    '/etc/containers/registries.conf',
  ],
  [
    "containerd's old mirrors",
    {
      ...image,
      '/etc/containerd/config.toml':
        'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\nendpoint = ["https://hub.example.com", "https://registry-1.docker.io"]\n',
    },
    'https://hub.example.com|direct',
    '/etc/containerd/config.toml',
  ],
  [
    "containerd's old mirrors of all registries",
    {
      ...image,
      '/etc/containerd/config.toml':
        '[plugins."io.containerd.cri.v1.images".registry.mirrors."*"]\nendpoint = ["https://hub.example.com"]\n',
    },
    'https://hub.example.com|direct',
    '/etc/containerd/config.toml',
  ],
  [
    "containerd's _default",
    { ...image, '/etc/containerd/certs.d/_default/hosts.toml': '[host."https://hub.example.com"]\n' },
    'https://hub.example.com|direct',
    '/etc/containerd/certs.d/_default/hosts.toml',
  ],
  [
    'containerd: a host for pushes, and a server',
    {
      ...image,
      '/etc/containerd/certs.d/docker.io/hosts.toml':
        'server = "https://last.example.com"\n[host."https://push.example.com"]\ncapabilities = ["push"]\n[host."hub.example.com"]\ncapabilities = ["pull", "resolve"]\n',
    },
    'https://hub.example.com|https://last.example.com',
    '/etc/containerd/certs.d/docker.io/hosts.toml',
  ],
  [
    'k3s',
    {
      ...image,
      '/etc/rancher/k3s/registries.yaml': 'mirrors:\n  docker.io:\n    endpoint:\n      - "https://hub.example.com"\n',
    },
    'https://hub.example.com|direct',
    '/etc/rancher/k3s/registries.yaml',
  ],
  // other files of builds
  [
    'uv in a Dockerfile',
    { ...python, Dockerfile: `FROM x\nENV UV_INDEX_URL="${index}"\n` },
    `${index}/`,
    'Dockerfile:2',
  ],
  [
    'an option with a long name',
    { ...python, Dockerfile: `FROM x\nRUN pip install --index-url ${index} -r requirements.txt\n` },
    `${index}/`,
    'Dockerfile:2',
  ],
  [
    'poetry source add',
    { ...python, Dockerfile: `FROM x\nRUN poetry source add --priority=primary near ${index}\n` },
    `${index}/`,
    'Dockerfile:2',
  ],
  ...[
    ['.gitlab-ci.yml', `variables:\n  PIP_INDEX_URL:\n    value: "${index}"\n    description: x\n`, 2],
    ['azure-pipelines.yml', `variables:\n- name: PIP_INDEX_URL\n  value: ${index}\n`, 2],
    ['project.toml', `[[build.env]]\nname = "PIP_INDEX_URL"\nvalue = "${index}"\n`, 2],
  ].map(
    ([file = '', text = '', line = 0]) =>
      [`a name and its value in ${file}`, { ...python, [file]: `${text}` }, `${index}/`, `${file}:${line}`] as const,
  ),
  [
    'rye',
    { ...python, 'pyproject.toml': `[[tool.rye.sources]]\nname = "default"\nurl = "${index}"\n` },
    `${index}/`,
    'pyproject.toml:3',
  ],
  [
    'pixi',
    { ...python, 'pyproject.toml': `[tool.pixi.pypi-options]\nindex-url = "${index}"\n` },
    `${index}/`,
    'pyproject.toml:2',
  ],
  ...[
    ['.devcontainer/devcontainer.json', `{"containerEnv": {\n"PIP_INDEX_URL": "${index}"}}`],
    ['.env', `X=1\nPIP_INDEX_URL=${index}\n`],
    ['mise.toml', `[env]\nPIP_INDEX_URL = "${index}"\n`],
    ['.circleci/config.yml', `environment:\n  PIP_INDEX_URL: ${index}\n`],
    ['.forgejo/workflows/ci.yaml', `env:\n  PIP_INDEX_URL: ${index}\n`],
    ['docker-bake.hcl', `target "a" {\n  args = { PIP_INDEX_URL = "${index}" }\n}\n`],
    ['nixpacks.toml', `[variables]\nPIP_INDEX_URL = "${index}"\n`],
    ['pixi.toml', `[pypi-options]\nindex-url = "${index}"\n`],
    ['snap/snapcraft.yaml', `build-environment:\n  - PIP_INDEX_URL: ${index}\n`],
    ['vercel.json', `{"build":{"env":{\n"PIP_INDEX_URL":"${index}"}}}`],
    ['.goreleaser.yaml', `env:\n  - PIP_INDEX_URL=${index}\n`],
    ['scripts/install.sh', `#!/bin/sh\npip install -i ${index} six\n`],
    ['justfile', `x := "1"\nexport PIP_INDEX_URL := "${index}"\n`],
  ].map(([file = '', text = '']) => [file, { ...python, [file]: text }, `${index}/`, `${file}:2`] as const),
];

test.each(rows)('init finds the mirror in use: %s', async (_, files, chain, place) => {
  const machine = testMachine(files);
  const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
  const shown = /^[~/]/.test(place) ? `${machine.at(place)}` : place;
  expect([code, linesOf(err)]).toEqual([
    0,
    expect.arrayContaining([expect.stringContaining(`clients use ${chain} (${shown})`)]),
  ]);
});

const setup = `      - uses: actions/setup-node@v4\n        with:\n          registry-url: ${mirror}\n`;
test.each([
  ['with a scope', '.github/workflows/ci.yml', `steps:\n${setup}          scope: '@corp'\n      - run: npm ci\n`],
  ['of GitHub', '.github/workflows/ci.yml', `steps:\n${setup.replace(mirror, 'https://npm.github.com')}`],
  ['of a job that publishes', '.github/workflows/ci.yml', `steps:\n${setup}      - run: npm publish\n`],
  ['of another action', '.github/workflows/ci.yml', `steps:\n${setup.replace('setup-node', 'mirror')}`],
  ['of tox 4', 'tox.ini', `[tox]\nmin_version = 4.2\nindexserver =\n    default = ${index}\n`],
])('init takes no registry or index %s for the mirror in use', async (_, file, text) => {
  const machine = testMachine({ 'package-lock.json': packageLock(origin), ...python, [file]: text });
  const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
  expect([code, linesOf(err).filter((line) => line.includes('clients use http'))]).toEqual([0, []]);
});

const projects: Readonly<Record<string, Files>> = { npm, pnpm: { 'pnpm-lock.yaml': pnpm }, python, go, image };

test.each(
  table<[project: string, file: string, text: string, chain: string]>(
    'unit/cli/init-forms',
    'files of projects and users',
  ),
)('init finds the mirror that a file of builds names: %s, %s', async (project, file, text, chain) => {
  const machine = testMachine({ ...projects[project], [file]: text });
  const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
  expect([code, err]).toEqual([0, expect.stringContaining(`clients use ${chain}`)]);
  expect(err).toContain(`(${/^[~/]/.test(file) ? machine.at(file) : file}`);
});

test('a tarball of a pnpm-lock.yaml with a path of its own is of a registry that is not named', async () => {
  const lock = (fields: string) =>
    `lockfileVersion: '6.0'\npackages:\n  /is-odd@1.0.0:\n    resolution: {integrity: sha512-x${fields}}\n`;
  const run = async (fields: string) =>
    (await testMachine({ 'pnpm-lock.yaml': lock(fields) }).run(['init', '--yes', '--public', 'global'])).err;
  const own = await run(', tarball: /is-odd/download/is-odd-1.0.0.tgz?cache=0');
  expect(own).toMatch(/npm: may name a mirror, but cannot be read, .* a path without a host: pnpm-lock\.yaml/);
  expect(own).toContain('clients use a mirror that could not be determined');
  expect(await run('')).toContain('clients use their default setting');
  expect(await run(`, registry: ${mirror}/, tarball: is-odd/download/is-odd-1.0.0.tgz`)).toContain(
    `clients use ${mirror}/`,
  );
});

test("the mirror of poetry's plugin", async () => {
  const settings = `[plugins.pypi_mirror]\nurl = "${index}/"\n`;
  const machine = testMachine({ ...python, '~/.config/pypoetry/config.toml': settings });
  const { err } = await machine.run(['init', '--yes', '--public', 'global']);
  expect(err).toContain(`clients use ${index}/ (${machine.at('~/.config/pypoetry/config.toml')}:2)`);
});
