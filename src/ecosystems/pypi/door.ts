import type { DoorPath, DoorPaths } from '../door-paths.ts';
import { isProjectName, normalName } from './project.ts';

/** A project's page. Files come from where the page says, which is the mirror's own address after a redirect. */
function readProjectPath(path: string): DoorPath | null {
  const [, name = ''] = /^([^/%]+)\/?$/.exec(path) ?? [];
  return isProjectName(name) ? { module: normalName(name), kind: 'index' } : null;
}

/** Links of a page: of anchors alone, and of those the address alone. */
const link = /(<a\b[^>]*?\bhref\s*=\s*)(?:"([^"]*)"|'([^']*)')/gi;
const base = /<base\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i;

/** An address as HTML has it in quotes. */
function quoted(url: string): string {
  return `"${url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`;
}

function absoluteHtml(text: string, url: string): string {
  const [, one, two] = base.exec(text) ?? [];
  const from = URL.parse(one ?? two ?? '', url)?.href ?? url;
  return text.replace(link, (whole, before: string, double?: string, single?: string) => {
    const to = URL.parse((double ?? single ?? '').replaceAll('&amp;', '&'), from);
    return to === null ? whole : before + quoted(to.href);
  });
}

function absoluteJson(text: string, url: string): string | null {
  try {
    const page = JSON.parse(text) as { readonly files?: readonly { readonly url?: unknown }[] };
    if (!Array.isArray(page.files)) return null;
    const files = page.files.map((file: { readonly url?: unknown }) => {
      const to = typeof file.url === 'string' ? URL.parse(file.url, url) : null;
      return to === null ? file : { ...file, url: to.href };
    });
    return JSON.stringify({ ...page, files });
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
