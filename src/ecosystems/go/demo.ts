import type { DemoResponse } from '../../core/demo.ts';
import { buildZip } from '../archives.ts';
import type { SmallMirror } from '../ecosystem.ts';

const module = 'example.com/hello';
const version = 'v1.0.0';
const goMod = `module ${module}\n\ngo 1.21\n`;
const prefix = `${module}@${version}`;
const text = 'text/plain; charset=utf-8';
const info = { type: 'application/json', body: JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' }) };
const zip = buildZip([
  [`${prefix}/LICENSE`, 'MIT\n'],
  [`${prefix}/go.mod`, goMod],
  [`${prefix}/hello.go`, 'package hello\n'],
]);

const responses = new Map<string, DemoResponse>([
  [`/${module}/@v/list`, { type: text, body: `${version}\n` }],
  [`/${module}/@latest`, info],
  [`/${module}/@v/${version}.info`, info],
  [`/${module}/@v/${version}.mod`, { type: text, body: goMod }],
  [`/${module}/@v/${version}.zip`, { type: 'application/zip', body: zip }],
]);

export const goDemo: SmallMirror = {
  base: '',
  module: prefix,
  settings: { sumdb: 'off' },
  chain: (near, far) => `${near},${far},direct`,
  build: ['info', 'mod', 'zip'].map((ending) => `${module}/@v/${version}.${ending}`),
  form: 'env',
  respond: ({ path }) => responses.get(path) ?? null,
};
