import { readForeignUrl, readPageUrl } from '../../core/foreign-url.ts';
import { limits } from '../../core/limits.ts';
import type { DoorPath, DoorPaths } from '../door-paths.ts';
import { isProjectName, normalName } from './project.ts';
import { filesMax } from './project-page.ts';

/** A project's page. Files come from where the page says, which is the mirror's own address after a redirect. */
function readProjectPath(path: string): DoorPath | null {
  const [, name = ''] = /^([^/%]+)\/?$/.exec(path) ?? [];
  return isProjectName(name) ? { module: normalName(name), kind: 'index' } : null;
}

/** Tags that have links, each up to where it closes: no part of a page is read twice. */
const tag = /<(?:a|base)\b[^>]*/gi;
/** Of a tag: the address alone. */
const href = /^(<\w+\b[^>]*?\bhref\s*=\s*)(?:"([^"]*)"|'([^']*)')/i;

/** An address as HTML has it in quotes. */
function quoted(url: string): string {
  return `"${url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`;
}

function absoluteHtml(text: string, url: string): string | null {
  const [, , one, two] = href.exec(/<base\b[^>]*/i.exec(text)?.[0] ?? '') ?? [];
  const from = readForeignUrl(one ?? two ?? '', url)?.href ?? url;
  if (readPageUrl('', from) === null) return null;
  const parts: string[] = [];
  let [links, at, chars] = [0, 0, 0];
  for (const { 0: whole, index } of text.matchAll(tag)) {
    const made = whole.replace(href, (all, before: string, double?: string, single?: string) => {
      const to = readPageUrl((double ?? single ?? '').replaceAll('&amp;', '&'), from);
      return to === null ? all : before + quoted(to.href);
    });
    links += 1;
    chars += index - at + made.length;
    if (links > filesMax || chars > limits.doorRewriteBytes) return null;
    parts.push(text.slice(at, index), made);
    at = index + whole.length;
  }
  return parts.join('') + text.slice(at);
}

function absoluteJson(text: string, url: string): string | null {
  try {
    const page = JSON.parse(text) as { readonly files?: readonly { readonly url?: unknown }[] };
    if (!Array.isArray(page.files) || page.files.length > filesMax || readPageUrl('', url) === null) return null;
    let chars = text.length;
    const files = page.files.map((file: { readonly url?: unknown }) => {
      const to = typeof file.url === 'string' && chars <= limits.doorRewriteBytes ? readPageUrl(file.url, url) : null;
      chars += to?.href.length ?? 0;
      return to === null ? file : { ...file, url: to.href };
    });
    return chars > limits.doorRewriteBytes ? null : JSON.stringify({ ...page, files });
  } catch {
    return null;
  }
}

/** What pip and uv request of a simple index. */
export const pypiDoor: DoorPaths = {
  prefix: 'pypi/simple',
  read: readProjectPath,
  absolute: (text, contentType, url) => (/json/i.test(contentType) ? absoluteJson(text, url) : absoluteHtml(text, url)),
};
