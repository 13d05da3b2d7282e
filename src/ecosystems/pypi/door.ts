import { escapeExpression } from '../../core/globs.ts';
import { limits } from '../../core/limits.ts';
import { readForeignUrl, readPageUrl } from '../../core/url.ts';
import { replaceJsonLinks, replaceLinks } from '../door-links.ts';
import type { DoorPath, DoorPaths, DoorPatterns, RewriteLinks } from '../door-paths.ts';
import { isProjectName, normalNameOf } from './names.ts';
import { nameIn } from './project-page.ts';
import { parseFileName } from './release.ts';
import { canonicalVersionOf, parseVersion } from './version.ts';

/**
 * Reads the path of a project page; `null`: it is not the path of a project page. Clients do not request files from the
 * front door, because the front door makes the links to files absolute. Only the links to withdrawn files that the door
 * refuses lead to the door.
 */
function readProjectPath(path: string): DoorPath | null {
  const [, name = '', file] = /^([^/%]+)(?:\/|\/refused\/([^/]+))?$/.exec(path) ?? [];
  if (!isProjectName(name)) return null;
  const module = normalNameOf(name);
  if (file === undefined) return { module, kind: 'index', bytesMax: limits.doorRewriteBytes };
  const version = versionOf(nameIn(file), module);
  return version === null ? null : { module, kind: 'refused', version };
}

/** The folder of withdrawn files, below the project page at the door. */
const refusedFolder = 'refused';

type LinkTo = (url: URL) => string;

/**
 * Matches the tags that can have links. The pattern does not require the closing `>`. Otherwise, for each tag without a
 * `>`, the search would scan the page up to its end.
 */
const tag = /<(?:a|base)\b[^>]*/gi;
/** Matches a tag up to the end of its `href`. One of the groups after the first is the URL. HTML needs no quotes for it. */
const href = /^(<\w+\b[^>]*?(?<=[\s"'/])href\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/i;

function quoted(url: string): string {
  return `"${url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`;
}

function rewriteHtml(start: string, url: string, linkTo: LinkTo): RewriteLinks | null {
  const [, , one, two, three] = href.exec(/<base\b[^>]*/i.exec(start)?.[0] ?? '') ?? [];
  const from = readForeignUrl(one ?? two ?? three ?? '', url)?.href ?? url;
  if (readPageUrl('', from) === null) return null;
  const replace = (whole: string): string =>
    whole.replace(href, (all, before: string, double?: string, single?: string, bare?: string) => {
      const to = readPageUrl((double ?? single ?? bare ?? '').replaceAll('&amp;', '&'), from);
      return to === null ? all : before + quoted(linkTo(to));
    });
  return replaceLinks(tag, replace, (text) => {
    const open = text.indexOf('<', text.lastIndexOf('>') + 1);
    return open < 0 ? text.length : open;
  });
}

/** `null`: the text is no project page in JSON. */
function rewriteJson(start: string, isWhole: boolean, url: string, linkTo: LinkTo): RewriteLinks | null {
  const text = start.trim();
  const isPage = text.startsWith('{') && (!isWhole || (text.endsWith('}') && text.includes('"files"')));
  if (!isPage || readPageUrl('', url) === null) return null;
  return replaceJsonLinks('url', (value) => {
    const to = readPageUrl(value, url);
    return to === null ? null : linkTo(to);
  });
}

/**
 * Returns the function that rewrites the links of a page.
 * @param linkTo  returns the new link to a file
 */
function rewriteWith(linkTo: LinkTo): NonNullable<DoorPaths['absolute']> {
  return (start, isWhole, contentType, url) =>
    /json/i.test(contentType) ? rewriteJson(start, isWhole, url, linkTo) : rewriteHtml(start, url, linkTo);
}

/** Returns the canonical version of a file, also of its metadata; `null`: the name is no file of the project. */
function versionOf(file: string, module: string): string | null {
  return canonicalOf(parseFileName(file.replace(/\.metadata$/, ''), module)?.version ?? '');
}

function canonicalOf(text: string): string | null {
  const version = parseVersion(text);
  return version && canonicalVersionOf(version);
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
  // A configured version, such as 2.0.0, has the spelling of the configuration.
  spelled: (version) => canonicalOf(version) ?? version,
  absolute: rewriteWith(({ href: to }) => to),
  refusing: ({ module, versions, at }) =>
    rewriteWith((to) => {
      const name = nameIn(to.href);
      return versions.has(versionOf(name, module) ?? '') ? `${at}/${refusedFolder}/${name}${to.hash}` : to.href;
    }),
};
