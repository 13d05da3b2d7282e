import { createHash } from 'node:crypto';
import type { DemoResponse } from '../../core/demo.ts';
import type { SmallMirror } from '../ecosystem.ts';

const base = '/debian';
const path = 'dists/stable/Release';
const packages = '';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A Release file without a signature: apt accepts it with `[trusted=yes]`. */
const release = `Origin: mirrorwatch
Label: demo
Suite: stable
Codename: demo
Date: Mon, 01 Jan 2024 00:00:00 UTC
Architectures: amd64
Components: main
Description: an archive of the demo, without packages
SHA256:
 ${sha256(packages)} ${packages.length} main/binary-amd64/Packages
`;

const text = 'text/plain; charset=utf-8';
const responses = new Map<string, DemoResponse>([
  [`${base}/${path}`, { type: text, body: release }],
  [`${base}/dists/stable/main/binary-amd64/Packages`, { type: text, body: packages }],
  [`${base}/project/trace/master`, { type: text, body: 'Mon Jan  1 00:00:00 UTC 2024\n' }],
]);

export const httpDemo: SmallMirror = {
  upstream: 'debian',
  base,
  mirrorKeys: { profile: 'debian' },
  module: { upstream: 'debian', path, expect: { sha256: sha256(release) } },
  form: 'apt',
  respond: ({ path: requestedPath }) => responses.get(requestedPath) ?? null,
};
