import type { TrapRow } from './machine.ts';

const config = `vantage: here
mirrors: [ { name: inner, ecosystem: go, url: "https://go.build.corp" } ]
modules: { go: [ rsc.io/quote@v1.5.2 ] }
`;

/** Traps of the variables that name a proxy. */
export const proxyRows: readonly TrapRow[] = [
  {
    name: 'localhost goes through the proxy',
    files: { '~/.bashrc': 'export HTTPS_PROXY=http://egress.example.com:3128\n' },
    env: { HTTPS_PROXY: 'http://egress.example.com:3128', NO_PROXY: 'localhost' },
    id: 'proxy-catches-localhost',
    where: ['$HTTPS_PROXY', '~/.bashrc:1'],
    what: 'NO_PROXY does not exclude 127.0.0.1',
  },
  {
    name: 'a mirror of the inner network goes through the proxy',
    files: { 'mirrorwatch.yaml': config },
    env: { https_proxy: 'http://egress.example.com:3128', no_proxy: 'localhost,127.0.0.1' },
    id: 'proxy-catches-mirror',
    where: ['$https_proxy'],
    what: 'does not exclude go.build.corp',
  },
  {
    name: 'upper and lower case differ',
    env: { http_proxy: 'http://a.example.com:3128', HTTP_PROXY: 'http://b.example.com:3128', NO_PROXY: '*' },
    id: 'proxy-case-differs',
    where: ['$HTTP_PROXY', '$http_proxy'],
    what: 'HTTP_PROXY is http://b.example.com:3128, http_proxy is http://a.example.com:3128',
  },
  {
    name: 'an exception with a scheme',
    env: {
      HTTPS_PROXY: 'http://egress.example.com:3128',
      NO_PROXY: 'localhost,127.0.0.1,::1,https://go.build.corp:8443/x,.b.corp',
    },
    id: 'proxy-except-url',
    where: ['$NO_PROXY'],
    what: 'NO_PROXY contains https://go.build.corp:8443/x',
    set: ["export NO_PROXY='localhost,127.0.0.1,::1,go.build.corp:8443,.b.corp'"],
  },
  {
    name: 'an exception with a scheme, beside loopback that goes through the proxy',
    env: { HTTPS_PROXY: 'http://egress.example.com:3128', NO_PROXY: '::1,https://go.build.corp/x' },
    id: 'proxy-catches-localhost',
    where: ['$HTTPS_PROXY'],
    what: 'does not exclude localhost and 127.0.0.1',
    set: ["export NO_PROXY='::1,go.build.corp,localhost,127.0.0.1' no_proxy='::1,go.build.corp,localhost,127.0.0.1'"],
  },
  {
    name: 'no URL',
    env: { ALL_PROXY: 'yes please', NO_PROXY: '*' },
    id: 'proxy-not-a-url',
    where: ['$ALL_PROXY'],
    what: "ALL_PROXY is 'yes please'",
  },
];
