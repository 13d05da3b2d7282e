import { escapeExpression } from '../../core/globs.ts';
import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { isPackageName } from './names.ts';

const name = '((?:@[^/@]+/)?[^/@]+)';
const tarball = new RegExp(`^${name}/-/[^/]+\\.tgz$`);
const manifest = new RegExp(`^${name}(?:/([^/]+))?$`);
const tags = new RegExp(`^-/package/${name}/dist-tags$`);
const attestations = new RegExp(`^-/npm/v1/attestations/${name}@[^/@]+$`);
const wide = /^-\/(?:ping|npm\/v1\/keys)$/;

function readNpmPath(path: string): DoorPath | null {
  // The slash after a scope may be percent-encoded.
  const plain = decodeURIComponent(path);
  if (plain.includes('%')) return null;
  if (wide.test(plain)) return { module: null, kind: 'index' };
  const file = tarball.exec(plain);
  const module = (file ?? tags.exec(plain) ?? attestations.exec(plain) ?? manifest.exec(plain))?.[1];
  // The paths below `-` are endpoints such as `whoami`, not packages.
  if (module === undefined || module === '-' || !isPackageName(module)) return null;
  return { module, kind: file === null ? 'index' : 'artifact' };
}

const word = '[a-z0-9_~][a-z0-9._~-]*';
const named = `(?:@${word}/)?${word}`;
const patterns: DoorPatterns = {
  paths: `(?:-/ping|-/npm/v1/keys|-/package/${named}/dist-tags|-/npm/v1/attestations/${named}@[^/@]+|${named}(?:/-/[^/]+\\.tgz|/[^/]+)?)`,
  privateOf(pattern) {
    const whole = pattern.startsWith('@') && !pattern.includes('/') ? `${pattern}/*` : pattern;
    const pieces = whole.split('*').map(escapeExpression);
    return `(?:-/package/|-/npm/v1/attestations/)?${pieces.join('[^/]*')}(?:[/@]|$)`;
  },
};

/** The paths that npm, pnpm and yarn request to install and verify packages, but not to search or publish. */
export const npmDoor: DoorPaths = { prefix: 'npm', neverHtml: true, patterns, read: readNpmPath };
