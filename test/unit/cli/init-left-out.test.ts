import { describe, expect, test } from 'vitest';
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
  pnpm,
  python,
  uvLock,
  yarn4,
} from './init-files.ts';

describe('init says what it does not take as the mirror in use', () => {
  test.each([
    [
      'a branch of an if',
      {
        ...npm,
        'sandbox/Dockerfile': `FROM node\nRUN if [ -n "$A" ]; then npm config set registry ${mirror}; \\\n  else npm config set registry ${other}; fi && npm ci\n`,
      },
      'their default setting|a mirror that could not be determined',
      [
        `${mirror}/ (sandbox/Dockerfile:2, set only under a condition)`,
        `${other}/ (sandbox/Dockerfile:3, set only under a condition)`,
      ],
    ],
    [
      'a command after a test, and after ||',
      {
        ...npm,
        Dockerfile: `RUN [ "$A" = 1 ] && npm config set registry ${mirror}; true || npm config set registry ${other}\n`,
      },
      'a mirror that could not be determined',
      [`${mirror}/ (Dockerfile:1, set only under a condition)`, `${other}/ (Dockerfile:1, set only under a condition)`],
    ],
    [
      'a condition of a Makefile, and a command behind it',
      {
        ...go,
        Makefile:
          'ifeq ($(CN),1)\nexport GOPROXY = https://a.example.com\nendif\nx:\n\tGOPROXY=https://b.example.com go build\n',
      },
      'https://b.example.com (Makefile:5)',
      ['https://a.example.com (Makefile:2, set only under a condition)'],
    ],
    [
      'a weaker file',
      { ...npm, '.npmrc': `registry=${mirror}\n`, Dockerfile: `RUN npm ci --registry ${other}\n` },
      `${mirror}/`,
      [`${other}/ (Dockerfile:1, weaker evidence than for the mirror in use)`],
    ],
    [
      'an index that does not replace the public one',
      {
        'uv.lock': uvLock(`https://${['pypi', 'org'].join('.')}/simple`, index),
        'pyproject.toml': `[[tool.uv.index]]\nurl = "${other}"\nexplicit = true\n`,
      },
      'the public registry and further ones',
      [`${index}/ (uv.lock, at most half of the entries)`, `${other}/ (pyproject.toml:2, a further index or registry)`],
    ],
    [
      'another client of images',
      {
        ...image,
        '/etc/docker/daemon.json': '{"registry-mirrors":["https://a.example.com"]}',
        '/etc/containers/registries.conf': '[[registry]]\nprefix = "docker.io"\nlocation = "b.example.com"\n',
      },
      'https://a.example.com|direct',
      ['https://b.example.com (<root>/etc/containers/registries.conf, weaker'],
    ],
  ] as readonly (readonly [string, Files, string, readonly string[]])[])('%s', async (_, files, today, others) => {
    const machine = testMachine(files);
    const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
    expect([
      code,
      linesOf(err).some((line) => today.split('|').some((one) => line.includes(`clients use ${one}`))),
    ]).toEqual([0, true]);
    for (const one of others) expect(err).toContain(one.replace('<root>', machine.root));
    expect(machine.text('mirrorwatch.yaml')).not.toContain(others.at(-1)?.split('/ (')[0]);
  });

  test.each([
    [
      'a variable without a value',
      { ...npm, Dockerfile: 'ARG REGISTRY\nRUN npm config set registry $REGISTRY\n' },
      'npm: .*: Dockerfile:2',
    ],
    [
      'a variable with two values',
      { ...npm, Dockerfile: `ARG A=${mirror}\nARG A=${other}\nENV NPM_CONFIG_REGISTRY=$A\n` },
      'npm: .*: Dockerfile:3',
    ],
    [
      'an expression of a workflow',
      { ...python, '.github/workflows/ci.yml': `env:\n  PIP_INDEX_URL: \${{ vars.INDEX }}\n` },
      'pypi: .*ci\\.yml:2',
    ],
    [
      'a variable in the .npmrc of a folder',
      { 'web/package-lock.json': packageLock(origin), 'web/.npmrc': `registry=https://x.example.com/\${TOKEN}/\n` },
      'npm: .*: web/\\.npmrc:1',
    ],
    ['invalid TOML', { ...python, 'pyproject.toml': '[tool.uv\n' }, 'pypi: .*: pyproject\\.toml$'],
    ['invalid YAML', { 'pnpm-lock.yaml': pnpm, 'pnpm-workspace.yaml': 'a: [\n' }, 'npm: .*: pnpm-workspace\\.yaml$'],
    [
      'a broken registries.conf',
      { ...image, '/etc/containers/registries.conf': '[[registry]\n' },
      'oci: .*/registries\\.conf$',
    ],
  ] as readonly (readonly [string, Files, string])[])('what cannot be read: %s', async (_, files, said) => {
    const machine = testMachine(files, { TOKEN: 'hunter2' });
    const { code, err, out } = await machine.run(['init', '--yes', '--public', 'global']);
    expect([code, err]).toEqual([0, expect.stringMatching(new RegExp(`^${said}`, 'm'))]);
    expect(err).toContain('clients use a mirror that could not be determined');
    expect(err).not.toContain('default setting');
    expect(out + err).not.toMatch(/hunter2|x\.example\.com/);
  });

  test('nothing is there: the default setting, and why', async () => {
    const { err } = await testMachine(npm).run(['init', '--yes', '--public', 'global']);
    expect(err).toContain('clients use their default setting (no setting, lock file or build file found here names');
  });

  test('options of other programs, and keys that are commented out, name no mirror', async () => {
    const machine = testMachine({
      ...npm,
      ...python,
      Dockerfile: `# ENV NPM_CONFIG_REGISTRY=${other}\nRUN helm pull x --registry ${other} && sed -i $A x && rm -f ${other}\nRUN npm publish --registry=${mirror}\n`,
    });
    const { err } = await machine.run(['init', '--yes', '--public', 'global']);
    expect(err).not.toMatch(/other\.example\.com|cannot be read/);
    expect(err).toContain(`${mirror}/ (Dockerfile:3, a further index or registry)`);
  });
});

describe('a mirror that a file of the project names together with credentials is only proposed, as a comment', () => {
  test.each([
    [
      '.npmrc of a folder',
      {
        'web/package-lock.json': packageLock(origin),
        'web/.npmrc': `registry=${mirror}/\n//npm.example.com/:_authToken=hunter2\n`,
      },
    ],
    ['.yarnrc.yml', { 'yarn.lock': yarn4, '.yarnrc.yml': `npmRegistryServer: "${mirror}"\nnpmAuthToken: hunter2\n` }],
    [
      'bunfig.toml',
      { 'bun.lock': bun, 'bunfig.toml': `[install]\nregistry = { url = "${mirror}", token = "hunter2" }\n` },
    ],
    [
      'a lock file, and the token in .npmrc',
      {
        'web/package-lock.json': packageLock(mirror),
        'web/.npmrc': `registry=${mirror}/\n//npm.example.com/:_password=hunter2\n`,
      },
    ],
    ['Pipfile', { ...python, Pipfile: '[[source]]\nurl = "https://ada:hunter2@npm.example.com/simple"\n' }],
  ] as readonly (readonly [string, Files])[])('%s', async (_, files) => {
    const machine = testMachine(files);
    const { code, err } = await machine.run(['init', '--yes', '--public', 'global']);
    expect([code, err]).toEqual([0, expect.stringContaining('together with credentials')]);
    const lines = machine
      .text('mirrorwatch.yaml')
      .split('\n')
      .filter((line) => line.includes('npm.example.com'));
    expect(lines.filter((line) => line.includes('url:'))).toEqual([expect.stringMatching(/^ {2}# - \{/)]);
    expect(machine.text('mirrorwatch.yaml') + err).not.toContain('hunter2');
  });

  test('a token for another host does not count', async () => {
    const npmrc = `registry=${mirror}/\n//npm.other.example.com/:_authToken=\${TOKEN}\n`;
    const machine = testMachine({ 'web/package-lock.json': packageLock(origin), 'web/.npmrc': npmrc });
    await machine.run(['init', '--yes']);
    expect(machine.text('mirrorwatch.yaml')).toMatch(/^ {2}- \{ name: npm\.example\.com-npm/m);
  });
});

test('only further indexes of uv, without a lock file: each is said', async () => {
  const text = `[tool.uv]\nindex = [\n  # near\n  { url = "${index}" },\n  { url = "${other}/simple" },\n]\n`;
  const { code, err } = await testMachine({ 'pyproject.toml': text }).run(['init', '--yes']);
  expect(code).toBe(1);
  for (const place of [`${index}/ (pyproject.toml:4`, `${other}/simple/ (pyproject.toml:5`])
    expect(err).toContain(place);
});

const notRead = 'left out: settings that init does not read: ';
describe('init says which settings it does not read', () => {
  test.each<[string, string, string]>([
    ["apt's sources", '/etc/apt/sources.list', `deb ${other}/debian trixie main\n`],
    ["apt's sources in deb822", '/etc/apt/sources.list.d/debian.sources', `Types: deb\nURIs: ${other}/debian\n`],
    ["apt's proxy in a block", '/etc/apt/apt.conf.d/01proxy', `Acquire::http {\n  Proxy "${other}";\n};\n`],
    ['cargo', '~/.cargo/config.toml', '[source.crates-io]\nreplace-with = "near"\n'],
    ['cargo in the project', '.cargo/config.toml', `[source.near]\nregistry = "sparse+${other}/"\n`],
    ['Maven', '~/.m2/settings.xml', `<settings><mirrors><mirror><url>${other}</url></mirror></mirrors></settings>`],
    ['Maven in the project', 'ci/maven-settings.xml', `<mirror>\n<url>${other}</url>\n</mirror>`],
    ['Gradle', 'app/build.gradle', `repositories {\n  maven { url '${other}' }\n}\n`],
    ['Gradle in Kotlin', '~/.gradle/init.gradle.kts', `repositories { maven("${other}") }\n`],
    ['buildkitd', '/etc/buildkit/buildkitd.toml', '[registry."docker.io"]\n  mirrors = ["other.example.com"]\n'],
    ['kaniko', '.gitlab-ci.yml', 'build:\n  script:\n    - /kaniko/executor --registry-mirror=other.example.com\n'],
    ['dockerd', '/etc/systemd/system/docker.service.d/m.conf', `ExecStart=dockerd --registry-mirror=${other}\n`],
    ['Talos', 'talos/mirror.yaml', `apiVersion: v1alpha1\nkind: RegistryMirrorConfig\nendpoints:\n  - url: ${other}\n`],
    ['Talos before 1.12', 'talos/worker.yaml', `machine:\n  registries:\n    mirrors:\n      docker.io:\n`],
    [
      'kind',
      'kind.yaml',
      `containerdConfigPatches:\n- |-\n  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\n`,
    ],
    ['NuGet', 'NuGet.Config', `<packageSources><add key="corp" value="${other}/v3/index.json" /></packageSources>`],
    ['composer', 'composer.json', `{"repositories": [{"type": "composer", "url": "${other}"}]}`],
    [
      'a script that writes daemon.json',
      'install.sh',
      `tee /etc/docker/daemon.json <<EOF\n{\n  "registry-mirrors": [\n    "${other}"\n  ]\n}\nEOF\n`,
    ],
    ['conda', '~/.condarc', `channels:\n  - ${other}/conda\n`],
    ['bundler', '.bundle/config', `---\nBUNDLE_MIRROR__ALL: "${other}"\n`],
  ])('%s', async (_, file, text) => {
    // Beside settings that it reads, and alone.
    for (const [files, code] of [
      [npm, 0],
      [{}, 1],
    ] as const) {
      const machine = testMachine({ ...files, [file]: text });
      const ran = await machine.run(['init', '--yes', '--public', 'global']);
      const place = /^[~/]/.test(file) ? machine.at(file) : file;
      expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(`${notRead}${place}\n`)]);
    }
  });

  test.each<[string, string]>([
    ['.cargo/config.toml', '[build]\njobs = 2\n'],
    ['pom.xml', '<project xmlns="https://other.example.com/POM/4.0.0"></project>'],
    ['build.gradle', "plugins { id 'maven-publish' }\n"],
    ['deploy.yaml', 'kind: Deployment\n'],
    ['/etc/apt/apt.conf.d/20auto', 'APT::Periodic::Enable "1";\n'],
  ])('%s names no mirror', async (file, text) => {
    const { err } = await testMachine({ ...npm, [file]: text }).run(['init', '--yes', '--public', 'global']);
    expect(err).not.toContain(notRead);
  });
});

test('a long file of a stranger is read in bounded time', async () => {
  const long = [
    '&& npm set -x -x ',
    'GOPROXY ${',
    '\\\n\\\n',
    'if [ "$a" ]; pip -i ',
    'npm '.repeat(50),
    '"registry" = ',
  ];
  const machine = testMachine({
    ...npm,
    ...Object.fromEntries(long.map((text, at) => [`d${at}/Dockerfile`, text.repeat(300_000 / text.length)])),
    'c/uv.toml': Array.from({ length: 9000 }, (_, at) => `[[index]]\nurl = "https://h${at}.example.com/"\n`).join(''),
    'a/.npmrc': 'registry '.repeat(30_000),
    'b/pnpm-workspace.yaml': `a: &a [1]\n${Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [*${at === 0 ? 'a' : `b${at - 1}`}, *${at === 0 ? 'a' : `b${at - 1}`}]`).join('\n')}\n`,
  });
  const before = process.cpuUsage();
  expect((await machine.run(['init', '--yes', '--public', 'global'])).code).toBe(0);
  expect(process.cpuUsage(before).user).toBeLessThan(12e6);
});
