import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type Ecosystem, heavy, light, type UsualAside } from '../ecosystem.ts';
import { readable } from '../fields.ts';
import { isMaskedText } from './ask.ts';
import { goClient } from './client.ts';
import { buildGoContext, type GoOwn, type GoSettings, goLearning, publicGo } from './context.ts';
import { goDoor } from './door.ts';
import { goLocks } from './locks.ts';
import { goNames } from './names.ts';
import { goRun } from './run.ts';
import { defaultSumdb, parseSumdb } from './sumdb-setting.ts';

const byHash = phrase('answer.goVerifies');
const listBytes = 20_000;
const modBytes = 4000;

/**
 * Returns the further requests of a probe. To resolve `latest`, a probe first requests the list and the go.mod of the
 * highest version. `null`: the version is fixed, so there are no further requests.
 */
function usualAside(version: string | null): UsualAside | null {
  return goNames.isFixed(version) ? null : { requests: 2, bytes: listBytes + modBytes };
}

export const go: Ecosystem<GoSettings, GoOwn> = {
  id: 'go',
  publicUpstream: publicGo,
  /**
   * `go: ` begins the errors of the go command (cmd/go/internal/base); before Go 1.15 they begin with the command. Other
   * lines name a file of the proxy or of the checksum database, or a module with its version.
   * @see https://github.com/golang/go/blob/master/src/cmd/go/internal/modfetch/proxy.go
   */
  errorFrames: {
    go: /^(?:Error - +)?(?:v?go|go (?:get|mod|list|install|build)\b[^:]*): |\bverifying \S+@v\d|\/@(?:v\/|latest\b)|\/sumdb\/|\/lookup\/(?:(?!\/lookup\/)[^\s@])+@v\d|@v\d[^\s@]*: (?:zip|gzip|flate|unexpected EOF|http2|stream|Get|read|dial|unrec)|^\S+\.go:\d+:\d+: (?:[^\s@]+@v\d|.*zip: )|^[\w-]+\.\w+\/\S+: zip: not a valid|^module \S+: Get "?https?:/,
  },
  isMasked: isMaskedText,
  // https://go.dev/ref/mod#goproxy-protocol
  // https://go.dev/ref/mod#checksum-database
  // https://go.dev/ref/mod#zip-path-size-constraints
  // https://go.googlesource.com/proposal/+/master/design/25530-sumdb.md
  // Intervals are from docs/protocols/go.md#requests-by-interval. Byte counts are for small modules; those of `sumdb`
  // were measured.
  steps: {
    list: light(5, { grain: 'module', usualBytes: listBytes }),
    info: light(5, { grain: 'version', usualBytes: 1000, usualAside }),
    mod: light(null, { grain: 'version', usualBytes: modBytes, verifies: byHash, usualAside }),
    zip: heavy({ grain: 'version', verifies: byHash, usualAside }),
    latest: light(5, { grain: 'module', usualBytes: 1000 }),
    sumdb: light(30, {
      grain: 'mirror',
      usualBytes: 500,
      verifies: byHash,
      // The further requests are the lookup, the signed tree head, six tiles (parts of the log's hash tree), and a path
      // that must not exist.
      usualAside: () => ({ requests: 9, bytes: 26_000 }),
      isRequested: ({ upstream }, { sumdb }) => sumdb !== null && upstream === publicGo,
    }),
  },
  canary: 'mod',
  fetch: ['info', 'mod', 'zip'],
  names: goNames,
  locks: goLocks,
  settings: {
    describes: 'Settings of Go only.',
    keys: {
      sumdb: readable(
        'Checksum database, written as in GOSUMDB: `off`, a name, or name+hash+key. After a space a URL can follow.',
        phrase('expected.sumdb'),
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
  realClients: [goRun],
  context: buildGoContext,
  learning: goLearning,
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: goDoor,
  doctor: () => import('./doctor.ts').then(({ goDoctor: doctor }) => doctor),
};
