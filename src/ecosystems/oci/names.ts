import { error, ok } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { parseDigest } from './digest.ts';
import { parseImage } from './image-name.ts';

/**
 * The spelling of images. Their host is the upstream, so a private image is never requested from a mirror of another.
 */
export const ociNames: Names = {
  describes:
    'Images. The host that each begins with is its upstream (`docker.io` where none is written). The first one with a digest is the canary.',
  entry: { describes: 'An image and its tag or digest.', expected: phrase('expected.imageForm') },
  parse(text) {
    const image = parseImage(text);
    if (image.tag === 'error') return error(image.error);
    const { host, repository, version } = image.value;
    return ok({ module: `${host}/${repository}`, version: version ?? 'latest', upstream: host });
  },
  byHand(text) {
    // Also accepts the form that we display, with the tag after an @.
    const image = parseImage(text.replace(/@(?!sha\d+:)/, ':'));
    if (image.tag === 'error') return { module: text, version: null };
    const { host, repository, version } = image.value;
    return { module: `${host}/${repository}`, version };
  },
  newest: 'latest',
  isFixed: (version) => version !== null && parseDigest(version) !== null,
  example: null,
  private: null,
};
