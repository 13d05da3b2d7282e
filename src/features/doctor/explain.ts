import { formatCommand } from '../../core/command-line.ts';
import { isOutageReason } from '../../core/failure.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import { printable } from '../../core/printable.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/words.ts';
import { type ErrorReason, type ErrorText, errorTexts, type OwnReason, ownReasons } from './error-texts.ts';
import { failuresByLayer, type Meaning } from './layers.ts';

interface KnownError {
  readonly line: string;
  /** The reason of the error; `null`: the text does not show which of `candidates` it is. */
  readonly reason: ErrorReason | null;
  /** The possible reasons of the error; empty if `reason` is known. */
  readonly candidates: readonly ErrorReason[];
  /** The ecosystem of the client; `null`: not recognizable. */
  readonly ecosystem: EcosystemId | null;
  /**
   * The origin (scheme, host, port) of the server: of the first URL in the lines of the error, else of a host that they
   * name, else of the only index that pip prints at its start. `null`: there is none.
   */
  readonly url: string | null;
}

const linesMax = 2_000;
const shownMax = 5;
/** The maximum length of an error with its chain of causes, joined to one line, characters. The rest is not read. */
const joinedMax = 4_000;

const frames = registry.all.flatMap(({ id: ecosystem, errorFrames, ...other }) =>
  Object.entries(errorFrames ?? {}).map(([client, pattern]) => ({ ...other, ecosystem, client, pattern })),
);

/** The clients whose errors are known. */
export const knownClients: readonly string[] = frames.map(({ client }) => client);

/** Matches URLs that name no mirror: help pages, Maven's address for blocked repositories, and what cargo replaces by a mirror. */
const helpPages =
  /https?:\/\/(?:0\.0\.0\.0|www\.docker\.com|golang\.org\/doc|go\.dev|docs?\.[\w.-]+|yarnpkg\.com|pnpm\.io)[^\s)]*|(?<=replaced source `registry |Could not get resource '|Unable to download data from |meta-data from )https?:\S+/g;

type Found = Omit<ErrorText, 'pattern'> & Pick<KnownError, 'line' | 'ecosystem'> & { url: string | null };

/**
 * Finds errors of clients in the first `linesMax` lines of a text, in their order. Of errors of one server with the same
 * possible reasons only the first is returned. Errors that only follow from another error are left out; if there are no
 * others, the first of them is returned. At most `shownMax` errors are returned.
 */
export function findKnownErrors(text: string): readonly KnownError[] {
  const found: Found[] = [];
  // Without this module of Python, pip requests nothing, and reports that there is no version.
  if (/SSL module is not available/.test(text)) return [];
  const lines = joinedLines(text.replaceAll(/[‘’]/g, "'").split(/\r?\n/, linesMax));
  let scriptOf: string | null = null;
  const inTrace = frames.find(({ traceback }) => lines.some((line) => traceback?.test(line)));
  for (const joined of lines) {
    const frame =
      frames.find(({ pattern }) => pattern.test(joined)) ?? (pythonError.test(joined) ? inTrace : undefined);
    scriptOf = frames.find(({ scriptOutput }) => scriptOutput?.test(joined))?.ecosystem ?? scriptOf;
    // A failed upload or fetch of git is no failure of a mirror.
    const isOther = / - PUT https?:|\/blobs\/uploads\/|Git operation failed/.test(joined);
    if (frame === undefined || isOther || (frame.ecosystem === scriptOf && !/ code E/.test(joined))) continue;
    const bare = joined
      .replace(quotedBody, '$1')
      .replaceAll(/https?:\/\/[^\s"'`)>]+/g, (url) => url.replaceAll(/\d+/g, ''));
    const known = quotedText(joined) ?? errorTexts.find(({ pattern }) => pattern.test(bare));
    if (known === undefined) continue;
    const named = joined.replaceAll(helpPages, '');
    const resource = /(?<=Could not get resource '|meta-data from )\S+/.exec(joined)?.[0] ?? '';
    const only = lines.find((line) => frame.onlyServer?.test(line)) ?? '';
    const url = writtenUrl(named) ?? writtenUrl(resource) ?? namedHost(named) ?? writtenUrl(only);
    // A line without a URL and one with it are of the same error: npm prints the code on a line of its own.
    const same = found.find((one) => `${one.reasons}` === `${known.reasons}` && (one.url ?? url) === (url ?? one.url));
    if (same === undefined) found.push({ ...known, line: joined.slice(0, 500), ecosystem: frame.ecosystem, url });
    else same.url ??= url;
  }
  const causes = found.filter(({ isResult }) => !isResult);
  const shown = causes.length === 0 ? found.slice(0, 1) : causes.slice(0, shownMax);
  return shown.map(({ reasons, isResult: _, ...one }) => ({
    ...one,
    reason: reasons.length === 1 ? (reasons[0] ?? null) : null,
    candidates: reasons.length === 1 ? [] : reasons,
  }));
}

/** Judges a quoted 404 or 410 response in the same way as a probe judges it; `null`: the line quotes none. */
function quotedText(line: string): Omit<ErrorText, 'pattern'> | null {
  const [before = '', quoted = ''] = line.split(/server response:(.*)/);
  if (!/\b(?:404|410) /.test(before) || before === line || /terminal prompts|not read User/.test(quoted)) return null;
  const isMasked = registry.all.some((ecosystem) => ecosystem.isMasked?.(quoted));
  return { reasons: [isMasked ? 'masked_upstream' : 'absent'], isResult: false };
}

/** Matches a status, and a page that a client of registries quotes behind it. */
const quotedBody =
  /(status code \d{3}|error parsing HTTP \d{3} response body|Status \d{3} trying to pull repository \S+)(?:; body)?: .*/;

/** Matches the last line of a traceback of Python, which names no client. */
const pythonError = /^[\w.]+(?:Error|[Tt]imeout|IncompleteRead): /;

/** Matches what a container build or a CI job writes before each line: the number of the step or the service, and the time. */
const buildPrefix =
  /^(?:#\d+ |[\w.-]+ +\| )?(?:\[(?:INFO|stderr|stdout)\](?: |$))*(?:\d{4}-\d\d-\d\dT[\d:.]+Z |\d+\.\d+ |\d\d?:\d\d:\d\d(?: [AP]M:)?(?: |$))?/;
/** Matches the beginning of a line that states the cause of the previous line, as uv and cargo print it. */
const causeMark =
  /^(?:(?:.{0,300}?\b)?error(?: NU1301)? ?: {3}(?=\S)|Caused by:|cause:|hint: An|[├╰]─(?:▶|>)|│|×|➤ YN0035: (?:│ {3}| {2}))\s*/;

/** Matches a line that is the class of an exception, as poetry and composer print it above the text. */
const exceptionClass =
  /^(?:\[?(?:(?:Read|Connect)Timeout|\w*(?:Connection|Encoding|HTTP|SSL|Proxy)Error|TooManyRedirects|PackageNotFound|BadZipFile|(?:\w+\\)*\w+Exception)\]?|In \w+\.php line \d+:)$/;

/** Matches a line, and the next line of the same error: a cause, or a line that names the client or the server. */
const follows: readonly (readonly [line: RegExp, next: RegExp])[] = [
  // Docker: the line of a layer, and the last line of a failed pull.
  [/^[0-9a-f]{12}: [A-Z]/, /^(?:unexpected EOF$|net\/http: |(?:read|dial) tcp )/],
  [
    /Could not (?:GET|HEAD) '\S+'\.$|service index for source$|Could not find artifact \S+ in$|mirrorlist \S+ error was$|OpenSSL Error messages:$|^(?:Downloading|HTTP GET) https?:\S+$/,
    /./,
  ],
  [
    /service index for source |remote source '/,
    /^(?:An error occurred while sending|The remote |Response status code )/,
  ],
  [/^(?:Net|OpenSSL|Errno)::/, /^An error occurred while installing /],
  [/failed to (?:solve|resolve source metadata for [^ ]+):$|request to https?:[^ ]+:$/, /./],
  // cargo: an unknown crate. apt: a status.
  [/./, /^(?:location searched: |required by package |As a reminder, you're using offline mode)/],
  [/./, /^\d{3} {1,2}[A-Z][\w ]{1,40} \[IP:/],
];

/** Matches a line that the width of a terminal cut, by its beginning without its end. */
const wrapped = /^(?:\w+: )?(?:Retrying \(|Could not fetch URL )(?!.*(?:skipping|': \/))|failed, reason: \w+$/;

/**
 * Joins the lines that belong to one error: a chain of causes, and lines that are indented more than the first one. So
 * apt, go, Gradle and gem print the cause of an error.
 */
function joinedLines(lines: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let indent = 0;
  let isBlock = false;
  for (const raw of lines) {
    const line = raw.replace(buildPrefix, '');
    const trimmed = line.trim().replace(/^` +/, '');
    const before = joined.findLast((one) => one !== '') ?? '';
    const isTitle = exceptionClass.test(trimmed);
    const isText: boolean = isBlock && (trimmed !== '' || exceptionClass.test(before));
    isBlock = isTitle || isText;
    // cargo prints an empty line before each cause, a wrapper of Gradle or Maven behind the line of its download.
    const isApart = /^Downloading https?:/.test(before) && trimmed.startsWith('Exception in thread ');
    if (isText || isApart || trimmed === 'Caused by:') while (joined.at(-1) === '') joined.pop();
    if (isText && !isTitle) {
      const begin = joined.pop()?.replace(exceptionClass, (title) => `[${title.replaceAll(/\W/g, '')}]: `);
      joined.push(`${begin}${trimmed}`.slice(0, joinedMax));
      continue;
    }
    const depth = line.length - line.trimStart().length;
    const last = joined.at(-1) ?? '';
    const isCut = /^npm [A-Z]{3}/.test(last) && /^.{79,80}$/.test(last) && !trimmed.startsWith('npm ');
    const isWrapped = isCut || (wrapped.test(last) && /^[a-z()\]]/.test(trimmed));
    const isCause = causeMark.test(trimmed) || follows.some(([line, next]) => line.test(last) && next.test(trimmed));
    const isFirst = /^(?:$|×|npm (?:ERR!|error|WARN|warn) |(?:WARNING: )?Retrying \()/.test(trimmed);
    const isNew = last === '' || (isFirst && !(trimmed.startsWith('×') && last.startsWith('Error: ERR_PNPM')));
    if (!isNew && (depth > indent || isCause || isWrapped)) {
      const space = isWrapped && depth === 0 ? '' : ' ';
      joined[joined.length - 1] = `${last}${space}${trimmed.replace(causeMark, '')}`.slice(0, joinedMax);
    } else {
      joined.push(trimmed.slice(0, joinedMax));
      indent = trimmed === '' ? 0 : depth;
    }
  }
  return joined;
}

function writtenUrl(text: string): string | null {
  const [written] = /https?:\/\/[^\s"'<>()`,]+/i.exec(text) ?? [];
  return written !== undefined && URL.canParse(written) ? new URL(written).origin : null;
}

const beforeHost =
  /(?:(?:ENOTFOUND|EAI_AGAIN|lookup|resolve(?: host:?)?|resolving)\s+'?|docker:\/\/|docker registry |Connection to |Failed to connect to |retrieving file '[^']+' from )(?!docker\.io)((?:[\w-]+\.)+[a-z]{2,}(?::\d+(?!\d*[.:]\s*\d))?)/i;

/** Returns the origin of a host that an error of pip or of name resolution mentions without a URL; `null`: none. */
function namedHost(text: string): string | null {
  const [, scheme, host, port] = /(HTTPS?)Connection(?:Pool)?\(host='([\w.-]+)', port=(\d+)\)/.exec(text) ?? [];
  if (host !== undefined) return writtenUrl(`${scheme}://${host}:${port}`);
  const [, hostText] = beforeHost.exec(text.replace(/ port (\d+)/, ':$1')) ?? [];
  return hostText === undefined ? null : writtenUrl(`https://${hostText}`);
}

/** An open finding of the daemon about a mirror. */
export interface ObservedFailure {
  readonly registry: string;
  readonly ecosystem: string;
  readonly url: string;
  /** The reason of the failure, as a probe reports it. */
  readonly cause: string;
  /** The time since which the finding is open, RFC 3339. */
  readonly since: string;
}

export interface Explained extends Pick<KnownError, 'reason' | 'ecosystem' | 'url'>, Meaning {
  /** The possible reasons of the error; empty if `reason` is known. */
  readonly candidates: readonly { readonly reason: ErrorReason; readonly means: string }[];
  /**
   * Failures observed by the daemon that fit the text. If the text names a mirror: only failures of this mirror.
   * Otherwise: all failures in the ecosystem of the text.
   */
  readonly observed: readonly ObservedFailure[];
  /** The line of the text that shows the error, printable and without user-info in URLs. */
  readonly line: string;
  /** Commands to run next, the most useful first; at least one. */
  readonly run: readonly string[];
}

/**
 * Explains the errors of package clients in a text; empty: no error is recognized.
 * @param open  the failures that the daemon observes now. If the text names a mirror and allows several reasons, these
 *   failures can show which reason it is
 */
export function explainText(text: string, say: Say, open: readonly ObservedFailure[] = []): readonly Explained[] {
  return findKnownErrors(text).map((error) => {
    const { ecosystem, url } = error;
    const observed = firstOfEach(open.filter((one) => isAbout(one, error)));
    const causes = new Set(observed.map(({ cause }) => cause));
    const isDecided = url !== null && causes.size === 1;
    const reason = error.reason ?? error.candidates.find((one) => isDecided && causes.has(one)) ?? null;
    const candidates = reason === null ? error.candidates : [];
    const { layer, means, next } =
      reason === null
        ? { layer: null, means: say('explain.untold'), next: say('explain.next.untold') }
        : meaningOf(reason, say);
    return {
      reason,
      candidates: candidates.map((one) => ({ reason: one, means: meaningOf(one, say).means })),
      observed,
      layer,
      ecosystem,
      url,
      // Without user-info in URLs. An `@` in a path (`/@v/list`) is not user-info, so it is kept.
      line: printable(error.line.replaceAll(/:\/\/[^\s/@]*@/g, '://***@')),
      means,
      next: observed.length === 0 ? next : say('explain.next.observed'),
      run: [...new Set([...(observed.length === 0 ? [] : ['mirrorwatch advice']), ...runOf(error)])],
    };
  });
}

/** Returns the oldest finding for each mirror and cause, because several findings may have the same cause. */
function firstOfEach(observed: readonly ObservedFailure[]): readonly ObservedFailure[] {
  const oldest = observed.toSorted((a, b) => a.since.localeCompare(b.since));
  return [...Map.groupBy(oldest, ({ registry: name, cause }) => `${name} ${cause}`).values()].flatMap(
    ([one]) => one ?? [],
  );
}

/**
 * True if the text may mean this failure, at the mirror that the text names. If the text names no mirror, the failure
 * must be in the ecosystem of the text.
 */
function isAbout(one: ObservedFailure, { reason, candidates, ecosystem, url }: KnownError): boolean {
  const isMeant = [reason, ...candidates].some((wanted) => wanted === one.cause);
  const isThere = url === null ? one.ecosystem === ecosystem : URL.parse(one.url)?.origin === url;
  return isMeant && isThere;
}

function meaningOf(reason: ErrorReason, say: Say): Meaning {
  if (isOwn(reason)) return { layer: null, means: say(`explain.means.${reason}`), next: say(`explain.next.${reason}`) };
  const found = failuresByLayer(say).find(({ kind }) => kind === reason);
  return { layer: found?.layer ?? null, means: found?.means ?? '', next: found?.next ?? '' };
}

function isOwn(reason: ErrorReason | null): reason is OwnReason {
  return (ownReasons as readonly (string | null)[]).includes(reason);
}

function runOf({ reason, ecosystem, url }: KnownError): readonly string[] {
  const of = ecosystem === null ? [] : ['--ecosystem', ecosystem];
  const there = url === null || isOwn(reason) ? [] : [formatCommand`mirrorwatch doctor ${[url, ...of]}`];
  const others = ecosystem === null || isOwn(reason) ? [] : [formatCommand`mirrorwatch rank ${ecosystem}`];
  const isDown = reason !== null && !isOwn(reason) && isOutageReason(reason);
  const advice = isDown ? ['mirrorwatch advice'] : [];
  return [...there, ...(isOwn(reason) || url === null ? ['mirrorwatch doctor'] : []), ...others, ...advice];
}
