import { limits } from '../../core/limits.ts';
import { phrase } from '../../words/tell.ts';
import { type Asked, type Ecosystem, heavy, light, type UsualAside } from '../ecosystem.ts';
import { checked } from '../fields.ts';
import { filesClient } from './client.ts';
import { buildHttpContext, type HttpOwn } from './context.ts';
import { httpDoor } from './door.ts';
import { type Expect, httpNames } from './names.ts';
import { profileOf, profiles } from './profiles.ts';

/** The usual bytes of a package, or of a signed list. */
const packageBytes = 250_000;
const byHash = phrase('answer.entryVerifies');
const words = profiles.map(({ id }) => id).join(', ');

/** The signed list that names the file. For a signed list itself: one of its packages. */
function usualAside(_version: string | null, { mirror, expect }: Asked): UsualAside | null {
  const lists = profileOf(mirror.own?.['profile'])?.lists;
  const isSigned = (expect as Expect | undefined)?.signedBy !== undefined;
  return isSigned && lists !== undefined ? { asks: 1, bytes: packageBytes } : null;
}

export const http: Ecosystem<unknown, HttpOwn> = {
  id: 'http',
  publicUpstream: null,
  errorWords:
    /^(?:E|W|Err): |^Err:\d|\bInRelease\b|\bcrates?\b|cargo|spurious network error|failed to (?:fetch|download) `/m,
  spec: ['https://www.rfc-editor.org/rfc/rfc9110', ...new Set(profiles.flatMap(({ spec }) => spec))],
  steps: {
    get: light(null, { grain: 'version', usualBytes: limits.peekBytes, verifies: byHash }),
    whole: heavy({ grain: 'version', verifies: byHash, usualAside }),
    marker: light(30, {
      grain: 'mirror',
      usualBytes: 1000,
      isAsked: ({ own }) => profileOf(own?.['profile'])?.marker != null,
    }),
  },
  canary: 'get',
  fetch: ['get', 'whole'],
  names: httpNames,
  locks: null,
  settings: null,
  mirrorKeys: {
    profile: checked(
      `What its well-known files are, and whose settings a remedy is for: ${words}. Without one: plain files.`,
      phrase('expected.oneOf', { words }),
      (value) => profileOf(value) !== null,
    ).optional(),
  },
  clients: [filesClient],
  realClients: [],
  context: buildHttpContext,
  learning: null,
  prober: () => import('./conversation.ts'),
  demo: () => import('./demo.ts').then(({ demo }) => demo),
  door: httpDoor,
  doctor: () => import('./doctor.ts').then(({ doctor }) => doctor),
};
