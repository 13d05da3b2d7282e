import { limits } from '../../core/limits.ts';
import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { escapeModule, escapeVersion } from './escape.ts';
import { isModulePath } from './names.ts';
import { expressionOf } from './patterns.ts';

const file = /^(.+)\/@v\/(?:list|([^/]+)\.(info|mod|zip))$/;
const latest = /^(.+)\/@latest$/;
const database = /^sumdb\/[a-z0-9.-]+\/(?:supported|latest|tile\/[0-9a-z./]+|lookup\/([^@]+)@([^/]+))$/;

function moduleIn(escaped: string): string | null {
  const module = escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return escapeModule(module) === escaped && isModulePath(module) ? module : null;
}

function isVersion(escaped: string): boolean {
  const version = escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return escapeVersion(version) === escaped;
}

function readGoPath(path: string): DoorPath | null {
  if (/%2f/i.test(path)) return null;
  const plain = decodeURIComponent(path);
  const [isDatabase, lookupPath, lookupVersion = ''] = database.exec(plain) ?? [];
  if (isDatabase !== undefined) {
    const module = lookupPath === undefined ? null : moduleIn(lookupPath);
    const isSound = lookupPath === undefined || (module !== null && isVersion(lookupVersion));
    return isSound ? { module, kind: 'index', bytesMax: limits.noteBytes } : null;
  }
  const [, named, version, ending] = file.exec(plain) ?? latest.exec(plain) ?? [];
  const module = named === undefined ? null : moduleIn(named);
  if (module === null || (version !== undefined && !isVersion(version))) return null;
  return ending === 'zip'
    ? { module, kind: 'artifact' }
    : { module, kind: 'index', bytesMax: bytesMaxOf(ending, plain) };
}

/** Returns the maximum length of a response, bytes. It is the same as in probes. */
function bytesMaxOf(ending: string | undefined, path: string): number {
  if (ending === 'mod') return limits.modBytes;
  return path.endsWith('/@v/list') ? limits.listBytes : limits.infoBytes;
}

const text = '[a-z0-9!._~+/-]+';
const patterns: DoorPatterns = {
  paths: `(?:sumdb/[a-z0-9.-]+/(?:supported|latest|tile/[0-9a-z./]+|lookup/${text}@${text})|${text}/(?:@latest|@v/(?:list|${text}\\.(?:info|mod|zip))))`,
  privateOf: (glob) => `(?:sumdb/[^/]+/lookup/)?${expressionOf(glob)}(?:[/@]|$)`,
};

/**
 * The paths that the go command requests from a module proxy.
 * @see docs/protocols/go.md#endpoints, docs/protocols/go.md#relay
 */
export const goDoor: DoorPaths = { prefix: 'go', neverHtml: true, patterns, read: readGoPath };
