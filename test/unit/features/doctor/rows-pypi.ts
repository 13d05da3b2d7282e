import type { TrapRow } from './machine.ts';

/** Traps of the settings of pip and uv. */
export const pypiRows: readonly TrapRow[] = [
  {
    name: "the user's file shadows the system's",
    files: {
      '/etc/pip.conf': '[global]\nindex-url = https://b.example.com/simple\n',
      '~/.config/pip/pip.conf': '[global]\ntimeout = 60\nindex-url = https://ada:hunter2@a.example.com/simple\n',
    },
    id: 'pip-index-shadowed',
    where: ['~/.config/pip/pip.conf:3', '/etc/pip.conf:2'],
    what: 'The index setting https://***@a.example.com/simple takes effect (user), not https://b.example.com/simple (global)',
  },
  {
    name: "a variable shadows PIP_CONFIG_FILE, which shadows site and system and replaces the user's files",
    files: {
      '/etc/pip.conf': '[global]\nindex_url: https://d.example.com/simple\n',
      '~/.pip/pip.conf': '[global]\nindex-url = https://ignored.example.com/simple\n',
      '~/.config/pip/pip.conf': '[install]\nindex-url = https://ignored.example.com/simple\n',
      '~/venv/pip.conf': '[global]\nindex-url = https://c.example.com/simple\n',
      '~/ci.conf': '[install]\nindex-url = https://b.example.com/simple\n',
    },
    env: {
      PIP_INDEX_URL: 'https://a.example.com/simple',
      VIRTUAL_ENV: '<root>/home/ada/venv',
      PIP_CONFIG_FILE: '<root>/home/ada/ci.conf',
    },
    id: 'pip-index-shadowed',
    where: ['$PIP_INDEX_URL', '~/ci.conf:2', '~/venv/pip.conf:2', '/etc/pip.conf:2'],
    what: 'https://a.example.com/simple takes effect (environment)',
  },
  {
    name: 'PIP_CONFIG_FILE without a path is in the working folder',
    files: {
      '/etc/pip.conf': '[global]\nindex-url = https://b.example.com/simple\n',
      'ci.conf': '[global]\nindex-url = https://a.example.com/simple\n',
    },
    env: { PIP_CONFIG_FILE: 'ci.conf' },
    id: 'pip-index-shadowed',
    where: ['ci.conf:2', '/etc/pip.conf:2'],
    what: 'https://a.example.com/simple takes effect (environment)',
  },
  {
    name: "the user's files, the older one too, where PIP_CONFIG_FILE names no file",
    files: {
      '~/.pip/pip.conf': '[global]\nindex_url: https://b.example.com/simple\n',
      '~/.config/pip/pip.conf': '[global]\nindex-url = https://a.example.com/simple\n',
    },
    env: { PIP_CONFIG_FILE: '<root>/home/ada/none.conf' },
    id: 'pip-index-shadowed',
    where: ['~/.config/pip/pip.conf:2', '~/.pip/pip.conf:2'],
    what: 'https://a.example.com/simple takes effect (user)',
  },
  {
    name: "[install] of the weaker file wins over the stronger file's [global]",
    files: {
      '/etc/pip.conf':
        '[global]\nindex-url = https://c.example.com/simple\n[install]\nindex-url = https://a.example.com/simple\n',
      '~/.config/pip/pip.conf': '[global]\nindex-url = https://b.example.com/simple\n',
    },
    id: 'pip-index-shadowed',
    where: ['/etc/pip.conf:4', '~/.config/pip/pip.conf:2', '/etc/pip.conf:2'],
    what: 'https://a.example.com/simple takes effect (global)',
  },
  {
    name: 'an extra index',
    files: {
      '~/.config/pip/pip.conf':
        '[global]\nextra-index-url =\n    https://pip.corp/simple\n    https://ada:hunter2@b.example.com/simple\n',
    },
    id: 'pip-extra-index',
    where: ['~/.config/pip/pip.conf:2'],
    what: 'extra-index-url is https://pip.corp/simple https://***@b.example.com/simple',
  },
  {
    name: 'an extra index in a shell',
    files: { '~/.bashrc': "export PIP_EXTRA_INDEX_URL='https://pip.corp/simple'\n" },
    id: 'pip-extra-index',
    where: ['~/.bashrc:1'],
    what: 'https://pip.corp/simple',
  },
  {
    name: 'trusted hosts over several lines',
    files: { '~/.config/pip/pip.conf': '[global]\ntrusted-host =\n    a.example.com\n    pip.corp\ntimeout = 60\n' },
    id: 'pip-trusted-host',
    where: ['~/.config/pip/pip.conf:2'],
    what: 'trusted-host is a.example.com pip.corp',
    mended: { '~/.config/pip/pip.conf': '[global]\ntimeout = 60\n' },
  },
  {
    name: 'plain HTTP',
    env: { PIP_INDEX_URL: 'http://a.example.com/simple' },
    id: 'pip-index-plain',
    where: ['$PIP_INDEX_URL'],
    what: 'The settings of pip name http://a.example.com/simple',
  },
  {
    name: 'pip and uv go different ways',
    files: { '~/.config/uv/uv.toml': '[[index]]\nurl = "https://b.example.com/simple"\ndefault = true\n' },
    env: { PIP_INDEX_URL: 'https://a.example.com/simple' },
    id: 'pip-uv-differ',
    where: ['$PIP_INDEX_URL', '~/.config/uv/uv.toml:2'],
    what: 'pip uses https://a.example.com/simple, and uv uses https://b.example.com/simple',
  },
  {
    name: 'the old name of the variable beside the new one, and the project',
    files: { 'pyproject.toml': '[project]\nname = "app"\n\n[tool.uv]\nindex-url = "https://c.example.com/simple"\n' },
    env: { UV_INDEX_URL: 'https://b.example.com/simple', UV_DEFAULT_INDEX: 'https://a.example.com/simple/' },
    id: 'uv-index-shadowed',
    where: ['$UV_DEFAULT_INDEX', '$UV_INDEX_URL', 'pyproject.toml:5'],
    what: 'https://a.example.com/simple/ takes effect (environment)',
  },
  {
    name: 'a default index of the project over the old variable',
    files: {
      'pyproject.toml':
        '[project]\nname = "app"\n\n[[tool.uv.index]]\nurl = "https://a.example.com/simple"\ndefault = true\n',
    },
    env: { UV_INDEX_URL: 'https://b.example.com/simple' },
    id: 'uv-index-shadowed',
    where: ['pyproject.toml:5', '$UV_INDEX_URL'],
    what: 'The index setting https://a.example.com/simple takes effect (project), not https://b.example.com/simple (environment)',
  },
  {
    name: "a default index of the user over the project's old form",
    files: {
      'pyproject.toml': '[tool.uv]\nindex-url = "https://b.example.com/simple"\n',
      '~/.config/uv/uv.toml': '[[index]]\nurl = "https://a.example.com/simple"\ndefault = true\n',
    },
    id: 'uv-index-shadowed',
    where: ['~/.config/uv/uv.toml:2', 'pyproject.toml:2'],
    what: 'https://a.example.com/simple takes effect (user)',
  },
  {
    name: 'a trusted host of a variable: pip config unset would do nothing',
    env: { PIP_TRUSTED_HOST: 'pip.corp' },
    id: 'pip-trusted-host',
    where: ['$PIP_TRUSTED_HOST'],
    what: 'trusted-host is pip.corp',
    set: [
      'unset PIP_TRUSTED_HOST    # and remove it from the startup file of your shell',
      'pip config set global.cert /path/to/your-authority.pem    # if the index uses your own certificate authority',
    ],
  },
  {
    name: 'an authority that pip is told of and Node is not',
    files: {
      'package.json': '{}',
      '~/.config/pip/pip.conf': '[global]\ncert = /etc/ssl/corp.pem\n',
    },
    id: 'ca-missing',
    where: ['~/.config/pip/pip.conf:2'],
    what: 'Another client trusts the CA file /etc/ssl/corp.pem, but NODE_EXTRA_CA_CERTS is not set',
    set: ["export NODE_EXTRA_CA_CERTS='/etc/ssl/corp.pem'"],
  },
  {
    name: 'uv merges as pip does',
    files: { '~/.config/uv/uv.toml': 'index-strategy = "unsafe-best-match"\noffline = false\n' },
    id: 'uv-unsafe-strategy',
    where: ['~/.config/uv/uv.toml:1'],
    what: 'index-strategy is unsafe-best-match',
    mended: { '~/.config/uv/uv.toml': 'offline = false\n' },
  },
  {
    name: 'uv merges as pip does, by the project',
    files: { 'pyproject.toml': '[tool.uv]\nindex-strategy = "unsafe-best-match"\n' },
    id: 'uv-unsafe-strategy',
    where: ['pyproject.toml:2'],
    what: 'index-strategy is unsafe-best-match',
  },
  {
    name: 'insecure hosts of uv in a list over several lines',
    files: { '/etc/uv/uv.toml': '"allow-insecure-host" = [ # old\n  "pip.corp",\n  "b.corp",\n]\n' },
    id: 'uv-insecure-host',
    where: ['/etc/uv/uv.toml:1'],
    what: 'allow-insecure-host is pip.corp b.corp',
    mended: { '/etc/uv/uv.toml': '' },
  },
  {
    name: 'an insecure host of uv',
    files: { '/etc/uv/uv.toml': 'allow-insecure-host = ["pip.corp"]\n' },
    id: 'uv-insecure-host',
    where: ['/etc/uv/uv.toml:1'],
    what: 'allow-insecure-host is pip.corp',
    mended: { '/etc/uv/uv.toml': '' },
  },
];
