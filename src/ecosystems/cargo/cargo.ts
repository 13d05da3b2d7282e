import { escapeExpression } from '../../core/globs.ts';
import { limits } from '../../core/limits.ts';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import type { Locks } from '../locks.ts';
import { cargoClient } from './client.ts';
import { buildCargoContext, type CargoOwn, cargoLearning, publicCrates } from './context.ts';
import { cargoNames, isCrateName } from './names.ts';
import { indexPathOf } from './paths.ts';

const locks: Locks = {
  describes: 'Cargo.lock from which crates are taken.',
  top: 'Maximum number of crates to take: requirements of the project first, then those required by the largest number of crates.',
  expected: phrase('expected.cargoLock'),
  isLock: (name) => name.split(/[/\\]/).at(-1) === 'Cargo.lock',
  reader: () => import('./locks.ts').then(({ readCargoLock }) => readCargoLock),
};

const indexFile = /^(?:1|2|3\/[^/]|[^/]{2}\/[^/]{2})\/([^/]+)$/;
/** A name has no dot. So the version in a file name begins after the last `-` before the first dot. */
const crateFile = /^([A-Za-z_][\w-]{0,63})-\d{1,16}\./;

function readCargoPath(path: string): DoorPath | null {
  const plain = decodeURIComponent(path);
  if (plain.includes('%')) return null;
  if (plain === 'config.json') return { module: null, kind: 'index', bytesMax: limits.infoBytes };
  const named = indexFile.exec(plain)?.[1];
  if (named !== undefined)
    return isCrateName(named) && indexPathOf(named) === plain ? { module: named, kind: 'index' } : null;
  const parts = plain.split('/');
  const last = parts.at(-1) ?? '';
  const module = last === 'download' ? parts.at(-3) : last.endsWith('.crate') ? crateFile.exec(last)?.[1] : undefined;
  return module !== undefined && isCrateName(module) ? { module, kind: 'artifact' } : null;
}

const word = '[a-z0-9_-]+';
const patterns: DoorPatterns = {
  paths: `(?:config\\.json|(?:1|2|3/${word}|${word}/${word})/${word}|(?:.*/)?${word}/[^/]+/download|.*\\.crate)`,
  privateOf: (pattern) =>
    `(?:.*/)?${pattern.split('*').map(escapeExpression).join('[^/]*').replaceAll(/[-_]/g, '[-_]')}(?:/|-|$)`,
};

/** The paths that cargo requests below an index. It requests crates where `dl` in config.json says. */
const cargoDoor: DoorPaths = { prefix: 'cargo', neverHtml: true, patterns, read: readCargoPath };

const indexBytes = 20_000;
const configBytes = 100;

export const cargo: Ecosystem<unknown, CargoOwn> = {
  id: 'cargo',
  publicUpstream: publicCrates,
  errorFrames: {
    // https://github.com/rust-lang/cargo: src/cargo/util/network/, sources/registry/
    cargo:
      /spurious network error|failed to get (?:successful HTTP|200) response|^(?:error: )?failed to (?:download|fetch) (?:from |replaced source registry )?`|^[Uu]nable to get packages from source|failed to update (?:registry|replaced source) `|failed to query replaced source|failed to verify the checksum of `|^error: .*download of \S+ failed|Unable to update registry|^error: (?:no matching package (?!.*--offline).*location searched: (?:registry|crates\.io|`\S+ index)|config\.json not found in registry|no token found for `|token rejected for `|checksum for `|failed to (?:unpack (?:package|entry)|parse registry's))/,
  },
  // https://doc.rust-lang.org/cargo/reference/registry-index.html
  steps: {
    config: light(5, { grain: 'mirror', usualBytes: configBytes }),
    crates: light(5, { grain: 'version', usualBytes: indexBytes, verifies: phrase('answer.cargoVerifies') }),
    crate: heavy({
      grain: 'version',
      verifies: phrase('answer.cargoVerifies'),
      usualAside: () => ({ requests: 2, bytes: indexBytes + configBytes }),
    }),
  },
  canary: 'crates',
  fetch: ['crates', 'crate'],
  names: cargoNames,
  locks,
  settings: { describes: 'Settings of cargo only.', keys: {}, read: () => null },
  protections: {
    'cargo-own-downloads': {
      setting: 'a firewall before the upstream',
      needs: ['own_downloads'],
      step: 'config',
      without: 'fails',
    },
  },
  clients: [cargoClient],
  realClients: [],
  context: buildCargoContext,
  learning: cargoLearning,
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: cargoDoor,
  doctor: () => import('./doctor.ts').then(({ cargoDoctor: doctor }) => doctor),
};
