import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

const list = '/etc/apt/sources.list';
const key = '/usr/share/keyrings/own.gpg';

/** Traps of apt's settings. */
export const aptRows: readonly TrapRow[] = [
  {
    name: 'a line that is trusted unverified',
    files: { [list]: '# ours\ndeb [arch=amd64 trusted=yes] http://apt.corp/debian stable main\n' },
    id: 'apt-unverified',
    where: [`${list}:2`],
    what: 'apt accepts http://apt.corp/debian without a valid signature',
  },
  {
    name: 'another word for yes',
    files: { [list]: 'deb [trusted=true] http://apt.corp/debian stable main\n' },
    id: 'apt-unverified',
    where: [`${list}:1`],
    what: 'apt accepts http://apt.corp/debian without a valid signature',
  },
  {
    name: 'a stanza that is trusted unverified',
    files: {
      '/etc/apt/sources.list.d/own.sources': 'Types: deb\nURIs: http://apt.corp/debian\nSuites: stable\nTrusted: yes\n',
    },
    id: 'apt-unverified',
    where: ['/etc/apt/sources.list.d/own.sources:2'],
    what: 'http://apt.corp/debian',
  },
  {
    name: 'a key that is not there',
    files: { [list]: `deb [signed-by=${key}] https://apt.corp/debian stable main\n` },
    id: 'apt-key-missing',
    where: [`${list}:1`],
    what: `The source https://apt.corp/debian names the key file ${key}, which does not exist.`,
  },
  {
    name: 'a key of a stanza that goes on below, one of two not there',
    files: {
      '/etc/apt/sources.list.d/own.sources': `Types: deb\nURIs: https://apt.corp/debian\nSuites: stable\nSigned-By:\n ${key}\n /usr/share/keyrings/two.gpg\n`,
      [key]: 'key',
    },
    id: 'apt-key-missing',
    where: ['/etc/apt/sources.list.d/own.sources:2'],
    what: '/usr/share/keyrings/two.gpg, which does not exist',
  },
  {
    name: 'no key is named',
    files: { [list]: 'deb https://apt.corp/debian stable main\n' },
    id: 'apt-key-unnamed',
    where: [`${list}:1`],
    what: 'https://apt.corp/debian may be signed by every key',
  },
  {
    name: 'a list of mirrors that is not there',
    files: { [list]: `deb [signed-by=${key}] mirror+file:/etc/apt/mirrors.txt stable main\n`, [key]: 'key' },
    id: 'apt-list-missing',
    where: [`${list}:1`],
    what: 'No mirror could be read from /etc/apt/mirrors.txt',
  },
  {
    name: 'a list of mirrors without one',
    files: {
      [list]: `deb [signed-by=${key}] mirror+file:/etc/apt/mirrors.txt stable main\n`,
      [key]: 'key',
      '/etc/apt/mirrors.txt': '# none yet\n',
    },
    id: 'apt-list-missing',
    where: [`${list}:1`],
    what: 'No mirror could be read from /etc/apt/mirrors.txt',
  },
  {
    name: 'a password in a file that everybody reads',
    files: { [list]: `deb [signed-by=${key}] https://ada:hunter2@apt.corp/debian stable main\n`, [key]: 'key' },
    id: 'apt-secret-in-source',
    where: [`${list}:1`],
    what: 'https://***@apt.corp/debian',
  },
  ...table<readonly TrapRow[]>('unit/features/doctor/rows-apt', 'aptRows'),
];
