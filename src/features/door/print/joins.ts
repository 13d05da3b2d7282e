import type { DoorRoute } from '../../../config/door-routes.ts';
import { error, ok, type Result } from '../../../core/result.ts';
import { type Join, plain } from './plan.ts';

/**
 * A file's URL at a mirror (`there`), and the URL that a client requests after it reads a page from the front door
 * (`door`). Both are equal if the page contains the full URL of the file: clients then request it from the mirror itself.
 */
export interface FileLink {
  readonly door: string;
  readonly there: string;
}

/**
 * Returns the joins (a path prefix of the door, and the matching prefix of the mirror) for a mirror's pages and files,
 * the longest first.
 * @param others  prefixes of other routes at the door
 * @returns as error: the URL of a file at the mirror that no prefix of the door leads to
 */
export function joinsOf(
  { prefix, paths }: Pick<DoorRoute, 'prefix' | 'paths'>,
  mirrorUrl: string,
  others: readonly string[],
  links: readonly FileLink[],
): Result<readonly Join[], string> {
  const { origin, pathname } = new URL(`${mirrorUrl}/`);
  const joins = new Map([[prefix, pathname]]);
  const atDoor = links.filter(({ door, there }) => door !== there);
  const taken = ['/-/', ...others];
  for (const { door, there } of atDoor) {
    const join = joinOf(pathOf(door), pathOf(there), pathname);
    if (join === null || taken.some((one) => one.startsWith(join.from) || join.from.startsWith(one)))
      return error(there);
    joins.set(join.from, join.to);
  }
  const sorted = [...joins].map(([from, to]) => ({ from, to })).sort((a, b) => b.from.length - a.from.length);
  // pattern input: at most 1_000 bytes
  const files = new RegExp(`^(?:${paths.patterns.files?.paths ?? ''})$`, 'i');
  const lost = atDoor.find(({ door, there }) => {
    const path = pathOf(door);
    const join = sorted.find(({ from }) => path.startsWith(from));
    const rest = path.slice(join?.from.length);
    return join === undefined || rest.length > 1_000 || !files.test(rest) || origin + join.to + rest !== decoded(there);
  });
  return lost === undefined ? ok(sorted) : error(lost.there);
}

/**
 * Returns the join (a path prefix of the door, and the matching one of the mirror) with the shortest useful prefixes.
 * `null`: the two paths give no usable prefixes. The mirror's prefix is its base path if the file is below it, else the
 * first folder that differs from the base path. The mirror's credentials are sent only below that prefix.
 */
function joinOf(door: string, there: string, base: string): Join | null {
  const to = there.startsWith(base) ? base : folderOf(there, base);
  const rest = there.slice(to.length);
  const from = door.slice(0, door.length - rest.length);
  const isSound = door.endsWith(rest) && from.endsWith('/') && from !== '/' && plain.test(from) && plain.test(to);
  return isSound ? { from, to } : null;
}

function folderOf(there: string, base: string): string {
  const [own, near] = [there.split('/').slice(0, -1), base.split('/')];
  const differs = own.findIndex((one, at) => one !== near[at]);
  return `${own.slice(0, differs < 0 ? own.length : differs + 1).join('/')}/`;
}

const pathOf = (url: string): string => decoded(new URL(url).pathname);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
