import { limits } from '../../core/limits.ts';
import type { ModuleRef } from '../../core/mirror.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type ConfiguredStep, type Ecosystem, heavy, light, type UsualAside } from '../ecosystem.ts';
import { checked } from '../fields.ts';
import { filesClient } from './client.ts';
import { buildHttpContext, type HttpOwn } from './context.ts';
import { httpDoor } from './door.ts';
import { httpErrorFrames } from './error-frames.ts';
import { type Expect, httpNames } from './names.ts';
import { profileOf, profiles } from './profiles.ts';

/** The usual length of a package, or of a signed list, bytes. */
const packageBytes = 250_000;
/** The usual length of a response to a conditional request, bytes. */
const unchangedBytes = 500;
const byHash = phrase('answer.entryVerifies');
const words = profiles.map(({ id }) => id).join(', ');

/**
 * Returns the warning for a signed list without a configured key; `null`: the file is no such list. Without a key,
 * neither the list nor its packages are verified.
 */
function unchecked({ mirror, module, expect }: ConfiguredStep & Pick<ModuleRef, 'module'>): Sentence | null {
  const isSigned = (expect as Expect | undefined)?.signedBy !== undefined;
  const leads = profileOf(mirror.own?.['profile'])?.lists?.leads;
  return !isSigned && leads?.isList(module) === true ? phrase('answer.noSignedBy') : null;
}

function hasSignedList({ mirror, expect }: ConfiguredStep): boolean {
  const lists = profileOf(mirror.own?.['profile'])?.lists;
  return lists !== undefined && (expect as Expect | undefined)?.signedBy !== undefined;
}

/**
 * Returns the usual further request of a `whole` probe. For a file that a signed list names, it is the request for that
 * list. For a signed list, it is the request for one package; the indexes, which are read too, are not counted. `null`:
 * no key is configured for the file, or its profile has no signed lists.
 */
function usualAside(_version: string | null, configured: ConfiguredStep): UsualAside | null {
  return hasSignedList(configured) ? { requests: 1, bytes: packageBytes } : null;
}

/**
 * Returns the usual further requests of a `get` probe: the indexes that a signed list names. `null`: no key is
 * configured for the file, or its profile has no signed lists.
 */
function lightAside(_version: string | null, configured: ConfiguredStep): UsualAside | null {
  return hasSignedList(configured) ? { requests: 2, bytes: 2 * unchangedBytes } : null;
}

export const http: Ecosystem<unknown, HttpOwn> = {
  id: 'http',
  publicUpstream: null,
  errorFrames: httpErrorFrames,
  spec: ['https://www.rfc-editor.org/rfc/rfc9110', ...new Set(profiles.flatMap(({ spec }) => spec))],
  steps: {
    get: light(null, { grain: 'version', usualBytes: limits.peekBytes, verifies: byHash, usualAside: lightAside }),
    whole: heavy({ grain: 'version', verifies: byHash, usualAside }),
    marker: light(30, {
      grain: 'mirror',
      usualBytes: 1000,
      isRequested: ({ own }) => profileOf(own?.['profile'])?.marker != null,
    }),
  },
  canary: 'get',
  fetch: ['get', 'whole'],
  names: httpNames,
  locks: null,
  settings: null,
  mirrorKeys: {
    profile: checked(
      `Kind of file mirror. It defines which files are checked, and for which package manager advice has settings: ${words}. Default: plain files.`,
      phrase('expected.oneOf', { words }),
      (value) => profileOf(value) !== null,
    ).optional(),
  },
  clients: [filesClient],
  realClients: [],
  context: buildHttpContext,
  learning: null,
  unchecked,
  prober: () => import('./conversation.ts'),
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: httpDoor,
  doctor: () => import('./doctor.ts').then(({ httpDoctor: doctor }) => doctor),
};
