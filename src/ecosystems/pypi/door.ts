import { limits } from '../../core/limits.ts';
import { readForeignUrl, readPageUrl } from '../../core/url.ts';
import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { escapeExpression } from '../globs.ts';
import { isProjectName, normalNameOf } from './names.ts';

/**
 * Reads the path of a project page; `null`: it is not the path of a project page. Clients do not request files from the
 * front door, because the front door makes the links to files absolute.
 */
function readProjectPath(path: string): DoorPath | null {
  const [, name = ''] = /^([^/%]+)\/?$/.exec(path) ?? [];
  return isProjectName(name) ? { module: normalNameOf(name), kind: 'index' } : null;
}

/**
 * Matches the tags that can have links. The pattern does not require the closing `>`. Otherwise, for each tag without a
 * `>`, the search would scan the page up to its end.
 */
const tag = /<(?:a|base)\b[^>]*/gi;
/** Matches a tag up to the end of its `href`. The second or the third group is the URL. */
const href = /^(<\w+\b[^>]*?\bhref\s*=\s*)(?:"([^"]*)"|'([^']*)')/i;

function quoted(url: string): string {
  return `"${url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`;
}

function absoluteHtml(text: string, url: string): string | null {
  const [, , one, two] = href.exec(/<base\b[^>]*/i.exec(text)?.[0] ?? '') ?? [];
  const from = readForeignUrl(one ?? two ?? '', url)?.href ?? url;
  if (readPageUrl('', from) === null) return null;
  return replaceLinks(text, tag, ([whole]) =>
    whole.replace(href, (all, before: string, double?: string, single?: string) => {
      const to = readPageUrl((double ?? single ?? '').replaceAll('&amp;', '&'), from);
      return to === null ? all : before + quoted(to.href);
    }),
  );
}

/** The maximum number of links in a page. A page with more links is rejected. */
const linksMax = 100_000;

/** Replaces every match in a text; `null`: there are too many matches, or the result is too long. */
function replaceLinks(text: string, pattern: RegExp, replace: (match: RegExpExecArray) => string): string | null {
  const parts: string[] = [];
  let [links, at, chars] = [0, 0, 0];
  for (const match of text.matchAll(pattern)) {
    const made = replace(match);
    links += 1;
    chars += match.index - at + made.length;
    if (links > linksMax || chars > limits.doorRewriteBytes) return null;
    parts.push(text.slice(at, match.index), made);
    at = match.index + match[0].length;
  }
  return chars + text.length - at > limits.doorRewriteBytes ? null : parts.join('') + text.slice(at);
}

/** Matches a key `url` with its value. Nothing else in JSON matches, because quotes in strings are escaped. */
const jsonUrl = /("url"\s*:\s*)("(?:[^"\\]|\\.){0,4096}")/g;

/**
 * Makes the links in a JSON page absolute by text replacement; `null`: the text is no project page in JSON, or it is
 * too large. The JSON is not parsed, because parsing 32 MiB would block other requests for a second.
 */
function absoluteJson(text: string, url: string): string | null {
  const whole = text.trim();
  if (!whole.startsWith('{') || !whole.endsWith('}') || !whole.includes('"files"') || readPageUrl('', url) === null)
    return null;
  return replaceLinks(whole, jsonUrl, ([pair, before = '', value = '']) => {
    const to = readPageUrl(decodedText(value), url);
    return to === null ? pair : before + JSON.stringify(to.href);
  });
}

function decodedText(value: string): string {
  try {
    return JSON.parse(value) as string;
  } catch {
    // `http://` is not a valid URL, so the caller leaves the pair unchanged.
    return 'http://';
  }
}

const patterns: DoorPatterns = {
  paths: '[a-z0-9._-]+/?',
  files: {
    beside: 'packages',
    paths: '.*[^/]\\.(?:whl|egg|zip|tgz|tar|tar\\.gz|tar\\.bz2|tar\\.xz|exe|msi|rpm|deb)(?:\\.metadata|\\.asc)?',
  },
  privateOf: (pattern) =>
    `${normalNameOf(pattern).split('*').map(escapeExpression).join('[^/]*').replaceAll('-', '[-_.]+')}(?:/|$)`,
};

export const pypiDoor: DoorPaths = {
  prefix: 'pypi/simple',
  patterns,
  files: () => import('./door-files.ts').then(({ pypiFiles }) => pypiFiles),
  read: readProjectPath,
  absolute: (text, contentType, url) => (/json/i.test(contentType) ? absoluteJson(text, url) : absoluteHtml(text, url)),
};
