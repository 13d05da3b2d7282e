import type { TrapRow } from './machine.ts';

const config = (more = ''): string => `
mirrors:
  - { name: near, ecosystem: go, url: "https://near.example.com", weight: 100 }
controls: [ https://control.example.net/ ]
modules: { go: [ rsc.io/quote@v1.5.2 ] }
${more}
door: {}
`;
const patterns = 'private: { go: [ git.corp.example/* ] }';
const line = (value: string): Readonly<Record<string, string>> => ({ '~/.config/go/env': `GOPROXY=${value}\n` });
const place = ['~/.config/go/env:1'];

/** Traps of clients beside the configured front door. */
export const doorRows: readonly TrapRow[] = [
  {
    id: 'door-unused',
    name: 'the chain of today names mirrors alone',
    files: { 'mirrorwatch.yaml': config(), ...line('https://near.example.com,direct') },
    where: place,
    what: 'http://127.0.0.1:10121/go',
    set: [`export GOPROXY='http://127.0.0.1:10121/go|https://near.example.com,direct'`],
  },
  {
    id: 'door-private',
    name: 'GOPRIVATE lacks what the door answers with 404',
    files: { 'mirrorwatch.yaml': config(patterns), ...line('http://127.0.0.1:10121/go,direct') },
    where: place,
    what: 'git.corp.example/*',
    set: [
      `export GOPROXY='http://127.0.0.1:10121/go,direct'`,
      `export GOPRIVATE="\${GOPRIVATE:-$(cd / && go env GOPRIVATE)}",'git.corp.example/*'`,
    ],
  },
  {
    id: 'door-leaks',
    name: 'a mirror stands behind the door',
    files: {
      'mirrorwatch.yaml': config(patterns),
      ...line('http://127.0.0.1:10121/go|https://near.example.com,direct'),
    },
    where: place,
    what: 'https://near.example.com',
    set: [
      `export GOPROXY='http://127.0.0.1:10121/go,direct'`,
      `export GOPRIVATE="\${GOPRIVATE:-$(cd / && go env GOPRIVATE)}",'git.corp.example/*'`,
    ],
  },
  {
    id: 'door-leaks',
    name: 'GONOPROXY, which replaces GOPRIVATE here, lacks the private names',
    files: {
      'mirrorwatch.yaml': config(patterns),
      '~/.config/go/env':
        'GOPROXY=http://127.0.0.1:10121/go|https://near.example.com,direct\nGOPRIVATE=git.corp.example/*\nGONOPROXY=none\n',
    },
    where: place,
    what: 'https://near.example.com',
    set: [
      `export GOPROXY='http://127.0.0.1:10121/go,direct'`,
      `export GOPRIVATE="\${GOPRIVATE:-$(cd / && go env GOPRIVATE)}",'git.corp.example/*'`,
    ],
  },
];
