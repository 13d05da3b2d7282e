import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import {
  type Ask,
  below,
  ended,
  failedBy,
  get,
  inSlices,
  type Responded,
  stoppedBy,
  type Talk,
  unaskable,
} from '../talk.ts';
import type { PypiContext } from './context.ts';
import { isProjectName, newest, normalNameOf } from './names.ts';
import { acceptAll, readPage } from './page.ts';
import type { PageReader, ProjectPage } from './project-page.ts';
import { FileChoice, type ReleaseFile, Releases } from './release.ts';
import { type Pins, pinsOf } from './verify.ts';

/**
 * The headers of pip, so that a page takes as long as pip's and comes from the same entry of a cache.
 * @see pypa/pip src/pip/_internal/network/session.py
 */
const pageHeaders = { 'cache-control': 'max-age=0', 'accept-encoding': 'gzip, deflate' };

export function* page({ module }: Target, context: PypiContext, accept: string, aside: boolean): Ask<Responded> {
  if (module === null || !isProjectName(module)) return error(unaskable);
  return yield* get(
    {
      url: below(context, `${normalNameOf(module)}/`),
      headers: { accept, ...pageHeaders },
      bodyBytesMax: limits.indexBytes,
      large: true,
      ...(aside ? { aside } : {}),
    },
    context,
  );
}

export function* read(response: Responded, reader: PageReader): Ask<ProjectPage> {
  const page = yield* inSlices(readPage(response, reader));
  return page.tag === 'error' ? stoppedBy(page.error) : page;
}

interface Found {
  readonly file: ReleaseFile;
  readonly pins: Pins;
  readonly facts: Facts;
}

/**
 * Requests a project's page and chooses a file of the target's version for which `has` is true; `null`: the version has
 * no such file. The request does not count in the probe's time.
 */
export function* findRelease(
  target: Target,
  context: PypiContext,
  has: (file: ReleaseFile) => boolean,
): Talk<Result<Found | null, Verdict>> {
  const got = yield* page(target, context, acceptAll, true);
  if (got.tag === 'error') return error(ended(got.error));
  const module = normalNameOf(target.module ?? '');
  const absent = error(failedBy({ kind: 'absent', status: got.value.status }));
  const wanted = target.version ?? newest;
  let version: string | null = wanted;
  if (wanted === newest) {
    const releases = new Releases(module);
    const listed = yield* read(got.value, releases);
    if (listed.tag === 'error') return error(ended(listed.error));
    version = releases.newest;
  }
  if (version === null) return absent;
  const pins = pinsOf(context, module, version);
  const choice = new FileChoice(module, version, has, ({ name, sha256 }) => pins.knows(name, sha256));
  const chosenFrom = yield* read(got.value, choice);
  if (chosenFrom.tag === 'error') return error(ended(chosenFrom.error));
  if (!choice.isThere) return absent;
  const { chosen } = choice;
  if (chosen === null) return ok(null);
  const vouched = context.own.isAuthority && chosen.sha256 !== null;
  return ok({
    file: chosen,
    pins,
    facts: {
      ...(wanted === newest ? { resolvedVersion: version } : {}),
      ...(vouched ? { own: { file: `${module}@${version}/${chosen.name}`, sha256: chosen.sha256 } } : {}),
    },
  });
}
