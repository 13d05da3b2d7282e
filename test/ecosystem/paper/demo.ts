import { createHash } from 'node:crypto';
import type { DemoResponse } from '../../../src/core/demo.ts';
import type { SmallMirror } from '../../../src/ecosystems/ecosystem.ts';

const page = 'gazette 1, sealed with wax';
const hash = `sha256:${createHash('sha256').update(page).digest('hex')}`;
const type = 'text/plain';
const answers = new Map<string, DemoResponse>([
  ['/press/upper/gazette', { type: 'application/json', body: JSON.stringify({ 'gazette@1/page': hash }) }],
  ['/press/upper/gazette/1', { type, body: page }],
  ['/press/upper/gazette/1.bundle', { type, body: 'all of it' }],
  ['/press/door', { type, body: 'open' }],
]);

/** A press of one gazette. */
export const demo: SmallMirror = {
  base: '/press',
  mirrorKeys: { tray: 'upper' },
  module: 'gazette#1',
  settings: { seal: 'wax' },
  respond: ({ path }) => answers.get(path) ?? null,
};
