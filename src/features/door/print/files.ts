import type { Readable } from 'node:stream';
import { type DoorRoute, routesOf } from '../../../config/door-routes.ts';
import type { Config } from '../../../core/config.ts';
import { decodeEscapes } from '../../../core/http.ts';
import { limits } from '../../../core/limits.ts';
import type { Mirror } from '../../../core/mirror.ts';
import { error, ok, type Result } from '../../../core/result.ts';
import { bookAccessOf } from '../../../daemon/book.ts';
import type { DoorFiles } from '../../../ecosystems/door-paths.ts';
import { systemClock } from '../../../io/clock.ts';
import { systemTimers } from '../../../io/timers.ts';
import { createPassages, type Passages } from '../../../wire/passage.ts';
import { urlAt } from '../path.ts';
import { type Join, plain, stallSeconds } from './plan.ts';

/**
 * The result of reading a mirror's project pages (pages with the links to a project's files): where the files are, or
 * why this is not known.
 */
export type SeenFiles =
  | {
      readonly tag: 'read';
      readonly joins: readonly Join[];
      /**
       * A full URL on the pages. It leads clients directly to the mirror, although they may lack its credentials or CA.
       * `null`: the pages have no such URL, or the mirror needs neither credentials nor a CA of its own.
       */
      readonly direct: string | null;
    }
  /** `link`: the URL of a file at the mirror that no path of the door leads to. */
  | { readonly tag: 'unroutable'; readonly link: string }
  | { readonly tag: 'unread'; readonly why: string };

/**
 * Returns the joins of each mirror whose pages were read. A join maps a path prefix of the door to a path prefix of the
 * mirror. A mirror with an `unroutable` file gets an empty list.
 */
export function joinsIn(seen: ReadonlyMap<string, SeenFiles>): ReadonlyMap<string, readonly Join[]> {
  return new Map(
    [...seen].flatMap(([name, one]) =>
      one.tag === 'unread' ? [] : [[name, one.tag === 'read' ? one.joins : []] as const],
    ),
  );
}

/**
 * The maximum number of modules whose project pages are read. More than one module is read, because a mirror may use
 * different kinds of links.
 */
const modulesMax = 3;

/**
 * Reads project pages at every mirror whose ecosystem has such pages with links to files.
 * @returns what was found, by the mirror's name
 */
export async function readFiles(config: Config, version: string): Promise<ReadonlyMap<string, SeenFiles>> {
  const routes = routesOf(config);
  const passages = createPassages({ clock: systemClock, timers: systemTimers });
  const reading = routes.map(async (route) => {
    const files = await route.paths.files?.();
    if (files === undefined) return [];
    const others = routes.filter((one) => one !== route).map(({ prefix }) => prefix);
    const pages = pagesOf(config, route, files);
    const readOne = async (mirror: Mirror): Promise<SeenFiles> => {
      const access = bookAccessOf(config, mirror, version);
      const links = await readLinks(passages, access, { route, mirror, files, pages });
      if (typeof links === 'string') return { tag: 'unread', why: links };
      const joins = joinsOf(route, mirror.url, others, links);
      if (joins.tag === 'error') return { tag: 'unroutable', link: joins.error };
      const { origin } = new URL(mirror.url);
      const direct = links.find(({ door, there }) => door === there && new URL(there).origin === origin);
      const isOpen = access.auth === null && access.client === null && access.ca.length === 0;
      return { tag: 'read', joins: joins.value, direct: isOpen ? null : (direct?.there ?? null) };
    };
    return Promise.all([...route.mirrors.values()].map(async (one) => [one.name, await readOne(one)] as const));
  });
  try {
    return new Map((await Promise.all(reading)).flat());
  } finally {
    await passages.close();
  }
}

function pagesOf({ modules }: Config, route: DoorRoute, files: DoorFiles): readonly string[] {
  const own = modules.filter(
    ({ ecosystem, upstream, module }) =>
      ecosystem === route.ecosystem && upstream === route.upstream && !route.isPrivate(module),
  );
  return [...new Set(own.map(({ module }) => files.pageOf(module)))].slice(0, modulesMax);
}

interface Reading {
  readonly route: DoorRoute;
  readonly mirror: Mirror;
  readonly files: DoorFiles;
  /** The paths of project pages, below the mirror's base URL. */
  readonly pages: readonly string[];
}

/**
 * Reads the links to files on the project pages of one mirror.
 * @returns the links of all pages that were read, or the reason if no page was read or a request failed
 */
async function readLinks(
  passages: Passages,
  access: Parameters<Passages['open']>[0],
  { route, mirror, files, pages }: Reading,
): Promise<readonly FileLink[] | string> {
  const stop = new AbortController();
  const late = systemTimers.after(stallSeconds * 1000, () => stop.abort(new Error('timeout')));
  const read: FileLink[][] = [];
  let why = 'no module';
  try {
    for (const [page, accept] of pages.flatMap((one) => files.accepts.map((accept) => [one, accept] as const))) {
      const headers = { accept, 'accept-encoding': 'identity' };
      const url = urlAt(mirror.url, page) ?? mirror.url;
      const response = await passages.open(access, url, { method: 'GET', headers, signal: stop.signal });
      const isOk = response.status === 200;
      const bytes = await bytesOf(response.body);
      const type = String(response.headers['content-type'] ?? '');
      const links = isOk ? linksOn(files, bytes, type, doorUrlOf(route, mirror, response.url), response.url) : null;
      if (links === null) why = isOk ? 'no project page' : `status ${response.status}`;
      else read.push(links);
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return code ?? message;
  } finally {
    late.cancel();
  }
  return read.length === 0 ? why : read.flat();
}

/**
 * Returns the page's URL at the front door. If a redirect led outside the mirror's base URL, returns the page's own
 * URL.
 */
function doorUrlOf({ prefix }: DoorRoute, mirror: Mirror, page: string): string {
  const base = `${mirror.url}/`;
  return page.startsWith(base) ? `http://door.invalid${prefix}${page.slice(base.length)}` : page;
}

/** Returns the links to files on a project page; `null`: the body is not a project page. */
function linksOn(files: DoorFiles, body: Uint8Array, type: string, doorUrl: string, url: string): FileLink[] | null {
  const [there, door] = [files.filesOn(body, type, url), files.filesOn(body, type, doorUrl)];
  return there?.map((one, at) => ({ there: one, door: door?.[at] ?? one })) ?? null;
}

async function bytesOf(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > limits.doorRewriteBytes) throw new Error('too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/**
 * A file's URL at a mirror (`there`), and the URL that a client requests after it reads a page from the front door
 * (`door`). Both are equal if the page contains the full URL of the file: clients then request it from the mirror itself.
 */
interface FileLink {
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
    return (
      join === undefined || rest.length > 1_000 || !files.test(rest) || origin + join.to + rest !== decodeEscapes(there)
    );
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

const pathOf = (url: string): string => decodeEscapes(new URL(url).pathname);
