import type { Config } from '../../../../src/core/config.ts';
import { readConfig } from '../../../daemon/world.ts';

/** Two mirrors of each ecosystem, private names, and a door; `door` are the lines of its section. */
export function doorYaml(door = 'listen: 127.0.0.1:0'): string {
  return `
controls: [ https://control.example.net/ ]
mirrors:
  - { name: near, ecosystem: go, url: https://near.example.com/goproxy, weight: 100 }
  - { name: far, ecosystem: go, url: https://robot:hunter2@far.example.com, weight: 50 }
  - { name: go-origin, ecosystem: go, url: https://origin.example.com, role: origin, weight: 999 }
  - { name: npm-near, ecosystem: npm, url: https://npm.example.com/registry }
  - { name: pypi-near, ecosystem: pypi, url: https://pypi.example.com/simple }
  - { name: debian-near, ecosystem: http, upstream: debian, url: https://files.example.com/debian }
  - { name: debian-far, ecosystem: http, upstream: debian, url: https://files.example.net/debian }
modules:
  go: [ rsc.io/quote@v1.5.2 ]
  npm: [ lodash@4.17.21 ]
  pypi: [ six==1.17.0 ]
  http: [ { upstream: debian, path: dists/bookworm/InRelease } ]
private: { go: [ git.example.com/* ], npm: [ "@corp/*" ], pypi: [ corp-* ] }
door: { ${door} }
`;
}

/** That configuration, read. @throws Error where it is not valid */
export function doorConfig(door?: string): Config {
  const read = readConfig(doorYaml(door));
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}
