import { type Ecosystem, heavy, kilobytes, light } from '../ecosystem.ts';
import { readable } from '../fields.ts';
import { goClient } from './client.ts';
import type { GoOwn, GoSettings } from './context.ts';
import { goContext, goLearning, publicGo } from './knowledge.ts';
import { goLocks } from './locks.ts';
import { goManual } from './manual.ts';
import { goNames } from './names.ts';
import { defaultSumdb, parseSumdb } from './sumdb-setting.ts';

const byHash = 'go.sum or the checksum database';

/** Go module proxies, asked as the go command asks them. */
export const go: Ecosystem<GoSettings, GoOwn> = {
  id: 'go',
  publicUpstream: publicGo,
  spec: [
    'https://go.dev/ref/mod#goproxy-protocol',
    'https://go.dev/ref/mod#checksum-database',
    'https://go.dev/ref/mod#zip-path-size-constraints',
    'https://go.googlesource.com/proposal/+/master/design/25530-sumdb.md',
  ],
  // Paces by protocols.md 1.17, bytes by design.md 4.1.
  steps: {
    list: light(5, { grain: 'module', usualBytes: kilobytes(20) }),
    info: light(5, { grain: 'version', usualBytes: kilobytes(1) }),
    mod: light(null, { grain: 'version', usualBytes: kilobytes(4), verifies: byHash }),
    zip: heavy({ grain: 'version', verifies: byHash }),
    latest: light(5, { grain: 'module', usualBytes: kilobytes(1) }),
    sumdb: light(30, {
      grain: 'mirror',
      usualBytes: kilobytes(16),
      verifies: byHash,
      isAsked: ({ upstream }, { sumdb }) => sumdb !== null && upstream === publicGo,
    }),
  },
  canary: 'mod',
  fetch: ['info', 'mod', 'zip'],
  names: goNames,
  locks: goLocks,
  settings: {
    describes: 'What is particular to Go.',
    keys: {
      sumdb: readable(
        "Checksum database, in GOSUMDB's forms: a name, name+hash+key, either with a URL after a space, or off.",
        'a checksum database',
        parseSumdb,
      ).prefault(defaultSumdb),
    },
    read({ sumdb }) {
      const parsed = parseSumdb(String(sumdb));
      return { sumdb: parsed.tag === 'ok' ? parsed.value : null };
    },
  },
  mirrorKeys: null,
  clients: [goClient],
  context: goContext,
  learning: goLearning,
  prober: () => import('./conversation.ts'),
  demo: () => import('./demo.ts').then(({ demo }) => demo),
  manual: goManual,
};
