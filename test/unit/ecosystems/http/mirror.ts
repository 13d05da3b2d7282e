import type { Mirror } from '../../../../src/core/mirror.ts';
import { sampleMirror } from '../../../support/sample-config.ts';

/** A mirror of files with nothing particular but its profile. */
export function aMirror(name: string, url: string, profile: string | null): Mirror {
  const own = profile === null ? {} : { own: { profile } };
  return sampleMirror(name, { ecosystem: 'http', upstream: 'files', url, ...own });
}
