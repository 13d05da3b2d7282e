import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import {
  type Answered,
  below,
  type End,
  ended,
  failedBy,
  get,
  inSlices,
  stoppedBy,
  type Talk,
  unaskable,
} from '../talk.ts';
import type { PypiContext } from './context.ts';
import { isProjectName, newest, normalNameOf } from './names.ts';
import { acceptAll, readPage } from './page.ts';
import type { ProjectPage } from './project-page.ts';
import { chooseFile, newestOf, type ReleaseFile, releaseOf, releasesOf } from './release.ts';
import { type Pins, pinsOf } from './verify.ts';

export function* page(
  { module }: Target,
  context: PypiContext,
  accept: string,
  aside: boolean,
): Talk<Result<{ readonly answer: Answered; readonly page: ProjectPage }, End>> {
  if (module === null || !isProjectName(module)) return error(unaskable);
  const got = yield* get(
    {
      url: below(context, `${normalNameOf(module)}/`),
      headers: { accept, 'cache-control': 'max-age=0' },
      bodyBytesMax: limits.projectPageBytes,
      ...(aside ? { aside } : {}),
    },
    context,
  );
  if (got.tag === 'error') return error(got.error);
  const read = yield* inSlices(readPage(got.value));
  return read.tag === 'error' ? stoppedBy(read.error) : ok({ answer: got.value, page: read.value });
}

interface Found {
  readonly file: ReleaseFile;
  readonly pins: Pins;
  readonly facts: Facts;
}

/**
 * Requests a project's page and chooses a file of the version that `has` accepts; `null`: there is none. The request
 * does not count in the probe's time.
 */
export function* find(
  target: Target,
  context: PypiContext,
  has: (file: ReleaseFile) => boolean,
): Talk<Result<Found | null, Verdict>> {
  const got = yield* page(target, context, acceptAll, true);
  if (got.tag === 'error') return error(ended(got.error));
  const module = normalNameOf(target.module ?? '');
  const releases = yield* inSlices(releasesOf(got.value.page, module));
  const asked = target.version ?? newest;
  const release = asked === newest ? newestOf(releases) : releaseOf(releases, asked);
  if (release === null) return error(failedBy({ kind: 'absent', status: got.value.answer.status }));
  const version = asked === newest ? release.text : asked;
  const pins = pinsOf(context.pinned, module, version);
  const chosen = chooseFile(release.files.filter(has), ({ name, sha256 }) => pins.knows(name, sha256));
  if (chosen === null) return ok(null);
  const vouched = context.own.isAuthority && chosen.sha256 !== null;
  return ok({
    file: chosen,
    pins,
    facts: {
      ...(asked === newest ? { resolvedVersion: version } : {}),
      ...(vouched ? { own: { file: `${module}@${version}/${chosen.name}`, sha256: chosen.sha256 } } : {}),
    },
  });
}
