import { table } from '../../../support/table.ts';
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
  ...table<readonly TrapRow[]>('unit/features/doctor/rows-proxies', 'proxyRows'),
];
