import { escapeExpression } from '../../core/globs.ts';
import { limits } from '../../core/limits.ts';
import { readJson } from '../../core/read-json.ts';
import { readForeignUrl, readPageUrl } from '../../core/url.ts';
import type { DoorPath, DoorPaths, DoorPatterns, RewriteLinks } from '../door-paths.ts';
import { isProjectName, normalNameOf } from './names.ts';

/**
 * Reads the path of a project page; `null`: it is not the path of a project page. Clients do not request files from the
 * front door, because the front door makes the links to files absolute.
 */
function readProjectPath(path: string): DoorPath | null {
  const [, name = ''] = /^([^/%]+)\/?$/.exec(path) ?? [];
  return isProjectName(name) ? { module: normalNameOf(name), kind: 'index', bytesMax: limits.doorRewriteBytes } : null;
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

function rewriteHtml(start: string, url: string): RewriteLinks | null {
  const [, , one, two] = href.exec(/<base\b[^>]*/i.exec(start)?.[0] ?? '') ?? [];
  const from = readForeignUrl(one ?? two ?? '', url)?.href ?? url;
  if (readPageUrl('', from) === null) return null;
  const replace = (whole: string): string =>
    whole.replace(href, (all, before: string, double?: string, single?: string) => {
      const to = readPageUrl((double ?? single ?? '').replaceAll('&amp;', '&'), from);
      return to === null ? all : before + quoted(to.href);
    });
  return replaceLinks(tag, replace, (text) => {
    const open = text.indexOf('<', text.lastIndexOf('>') + 1);
    return open < 0 ? text.length : open;
  });
}

/** The maximum number of links in a page. A page with more links is rejected. */
const linksMax = 100_000;
/** The maximum length of a link with its tag or key, if the rest of it is in the next part of the page. */
const linkCharsMax = 64 * 1024;

/**
 * Returns a function that replaces every match in a page.
 * @param openAt  returns where the last match begins that may continue in the next part
 */
function replaceLinks(
  pattern: RegExp,
  replace: (...match: string[]) => string,
  openAt: (text: string) => number,
): RewriteLinks {
  let [held, links, chars] = ['', 0, 0];
  return (part, isLast) => {
    const text = held + part;
    const end = isLast ? text.length : openAt(text);
    held = text.slice(end);
    const made = text.slice(0, end).replaceAll(pattern, (...match: string[]) => {
      links += 1;
      if (links > linksMax) throw new Error('too many links');
      return replace(...match);
    });
    chars += made.length;
    if (chars > limits.doorRewriteBytes || held.length > linkCharsMax) throw new Error('too long');
    return made;
  };
}

/** Matches a key `url` with its value. Nothing else in JSON matches, because quotes in strings are escaped. */
const jsonUrl = /("url"\s*:\s*)("(?:[^"\\]|\\.){0,4096}")/g;
const jsonKey = '"url"';
/** A match of `jsonUrl` is shorter than this, unless it has very many spaces. */
const jsonUrlChars = 10_000;

/**
 * The JSON is not parsed, because parsing 32 MiB would block other requests for a second. `null`: the text is no
 * project page in JSON.
 */
function rewriteJson(start: string, isWhole: boolean, url: string): RewriteLinks | null {
  const text = start.trim();
  const isPage = text.startsWith('{') && (!isWhole || (text.endsWith('}') && text.includes('"files"')));
  if (!isPage || readPageUrl('', url) === null) return null;
  const replace = (pair: string, before = '', value = ''): string => {
    // `http://` is not a valid URL, so the pair stays unchanged.
    const to = readPageUrl(String(readJson(value) ?? 'http://'), url);
    return to === null ? pair : before + JSON.stringify(to.href);
  };
  return replaceLinks(jsonUrl, replace, (part) => {
    const open = part.lastIndexOf(jsonKey);
    const isOpen = open >= 0 && open > part.length - jsonUrlChars;
    return isOpen ? open : Math.max(0, part.length - jsonKey.length + 1);
  });
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
  absolute: (start, isWhole, contentType, url) =>
    /json/i.test(contentType) ? rewriteJson(start, isWhole, url) : rewriteHtml(start, url),
};
