import { unescape as decodeLeniently } from 'node:querystring';
import type { DoorRoute } from '../../config/door-routes.ts';
import { getOrElse } from '../../core/get-or-else.ts';
import { limits } from '../../core/limits.ts';
import type { DoorPath } from '../../ecosystems/door-paths.ts';

/** The result of parsing a request's path: the route, or why the request is refused. */
export type DoorTarget =
  | {
      readonly tag: 'ok';
      readonly route: DoorRoute;
      /** The path below the base URL of each mirror, without a leading slash. Percent escapes are as sent. */
      readonly rest: string;
      readonly path: DoorPath;
    }
  /** The request is refused, because its path cannot be joined safely to a base URL. */
  | { readonly tag: 'bad' }
  | { readonly tag: 'none'; readonly route: DoorRoute | null }
  | { readonly tag: 'private'; readonly route: DoorRoute };

/** Matches a path (RFC 3986) whose percent escapes are complete, and an optional query. */
const soundTarget = /^((?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)+)(?:\?[\x21-\x7e]*)?$/;
/** Matches the segments `.` and `..`, also with `;`, because Java servers treat `..;` as `..`. */
const dots = /^\.{1,2}(?:;|$)/;
/**
 * The maximum depth of nested percent escapes (`%2525…`). A path with deeper ones is refused, because each proxy and
 * server behind the front door may decode the path once more.
 */
const readsMax = 4;

/**
 * Reads the target of a request line without its query. A path is refused if a lenient server could resolve it outside
 * the mirror's base path. So dot segments, empty segments, backslashes and control characters are refused, in any
 * escaped form.
 */
export function readTarget(target: string, routes: readonly DoorRoute[]): DoorTarget {
  const path = target.length > limits.doorPathChars ? undefined : soundTarget.exec(target)?.[1];
  if (path === undefined || !isContained(path)) return { tag: 'bad' };
  const route = routes.find(({ prefix }) => path.startsWith(prefix)) ?? null;
  if (route === null) return { tag: 'none', route };
  const rest = path.slice(route.prefix.length);
  const read = route.paths.read(rest);
  if (read === null) return { tag: 'none', route };
  if (read.module !== null && route.isPrivate(read.module)) return { tag: 'private', route };
  return { tag: 'ok', route, rest, path: read };
}

/** True if a path stays below its root, even if servers decode its escapes several times. */
function isContained(path: string): boolean {
  let text = path;
  for (let read = 0; read <= readsMax; read += 1) {
    const segments = text.slice(1).split('/');
    const isLast = (at: number): boolean => at === segments.length - 1;
    if (segments.some((one, at) => dots.test(one) || (one === '' && !isLast(at)))) return false;
    if (/[\\\p{Cc}]/u.test(text)) return false;
    if (!text.includes('%')) return true;
    if (read === 0 && decodedOf(text) === null) return false;
    // Servers decode each valid escape, also if the bytes are not UTF-8.
    const again = decodeLeniently(text);
    if (again === text) return true;
    text = again;
  }
  return false;
}

/** Decodes percent escapes; `null`: one is invalid. */
export function decodedOf(text: string): string | null {
  return getOrElse(() => decodeURIComponent(text), null);
}

/** A cache of parsed base URLs; `null`: invalid. */
const homes = new Map<string, { readonly origin: string; readonly pathname: string } | null>();

/** Returns the URL of a path at a mirror; `null`: the URL would not be below the mirror's base URL. */
export function urlAt(base: string, rest: string): string | null {
  const known = homes.get(base);
  const home = known === undefined ? URL.parse(`${base}/`) : known;
  if (known === undefined) homes.set(base, home === null ? null : { origin: home.origin, pathname: home.pathname });
  const url = `${base}/${rest}`;
  const parsed = URL.parse(url);
  if (parsed === null || home === null) return null;
  const isBelow = parsed.origin === home.origin && parsed.pathname.startsWith(home.pathname);
  return isBelow && parsed.username === '' && parsed.password === '' ? url : null;
}
