import type { Route } from '../../config/door-routes.ts';
import { limits } from '../../core/limits.ts';
import type { DoorPath } from '../../ecosystems/door-paths.ts';

/** What a request asks for, or why it is refused. */
export type Asked =
  | {
      readonly tag: 'ok';
      readonly route: Route;
      /** Below the base URL of each mirror, without a leading slash, escapes as sent. */
      readonly rest: string;
      readonly path: DoorPath;
    }
  /** Not a path that could be joined to a base URL safely. */
  | { readonly tag: 'bad' }
  /** None of the door's paths. */
  | { readonly tag: 'none'; readonly route: Route | null }
  | { readonly tag: 'private'; readonly route: Route };

/** What RFC 3986 lets a path be made of, and what a query is. Percent escapes are whole. */
const soundTarget = /^((?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)+)(?:\?[\x21-\x7e]*)?$/;
/** Servers of Java take `..;` for `..`. */
const dots = /^\.{1,2}(?:;|$)/;
/** Escapes of escapes are read so many times: a server behind a server may. */
const readsMax = 4;

/**
 * Reads the target of a request line. A query is left out: none of the clients needs one. Whatever could lead out of the
 * mirror's base path for anybody who reads it leniently is refused: dots, empty segments, backslashes, controls, in any
 * escaped form.
 */
export function readTarget(target: string, routes: readonly Route[]): Asked {
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

/** Whether a path stays below where it begins, however often its escapes are read. */
function isContained(path: string): boolean {
  let text = path;
  for (let read = 0; read <= readsMax; read += 1) {
    const segments = text.slice(1).split('/');
    const isLast = (at: number): boolean => at === segments.length - 1;
    if (segments.some((one, at) => dots.test(one) || (one === '' && !isLast(at)))) return false;
    if (/[\\\p{Cc}]/u.test(text)) return false;
    if (!text.includes('%')) return true;
    const again = decodedOf(text);
    // A per cent sign that escapes nothing: read no further.
    if (again === null) return read > 0;
    text = again;
  }
  return false;
}

function decodedOf(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The origin and path of a base URL, read once: there are as many as mirrors. */
const homes = new Map<string, { readonly origin: string; readonly pathname: string } | null>();

/** The URL of a path at a mirror; `null`: it would not lie below the mirror's own, which no sound path makes happen. */
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
