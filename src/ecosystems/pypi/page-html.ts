import { utf8 } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { readForeignUrl } from '../../core/foreign-url.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Slices } from '../../core/slices.ts';
import { malformed, wrongContent } from '../../words/failure.ts';
import { fileUrl, provenanceUrl, sha256Of } from './file-url.ts';
import { type HtmlTag, tellTags } from './html.ts';
import { filesMax, type IndexFile, type ProjectPage } from './project-page.ts';

const notHtml1: ProbeFailure = malformed('answer.pageHtml1');
const notAPage: ProbeFailure = wrongContent('answer.page');

/** Ends of names that are distribution files. */
const distribution = /\.(whl|tar\.gz|zip|tar\.bz2|tgz|tar\.xz|tar|egg|exe|msi|rpm|deb)$/i;

/**
 * Reads a project page as HTML: anchors whose text is the name of a distribution. A page without any is an index page
 * where it says its version (a project without files), and anything else otherwise.
 * @see PEP 503, PEP 629, PEP 592; protocols.md 0.2, 3.3
 */
export function* readHtmlPage(body: Uint8Array, pageUrl: string): Slices<Result<ProjectPage, ProbeFailure>> {
  const text = utf8(body);
  if (text === null) return error(notHtml1);
  const { files, version } = yield* readTags(text, pageUrl);
  if (version !== null && !/^1\.\d+$/.test(version)) return error(notHtml1);
  if (version === null && files.length === 0) return error(notAPage);
  return ok({ files, versions: null, serial: /<!--SERIAL (\d{1,20})-->\s*$/.exec(text.slice(-200))?.[1] ?? null });
}

interface Read {
  readonly files: IndexFile[];
  version: string | null;
  base: string;
  /** The anchor whose text comes next. */
  open: HtmlTag | null;
}

const keys: ReadonlySet<string> = new Set([
  'href',
  'name',
  'content',
  'data-yanked',
  'data-core-metadata',
  'data-dist-info-metadata',
  'data-provenance',
]);

function* readTags(text: string, pageUrl: string): Slices<Pick<Read, 'files' | 'version'>> {
  const read: Read = { files: [], version: null, base: pageUrl, open: null };
  yield* tellTags(text, keys, (tag) => take(read, tag, pageUrl));
  return read;
}

function take(read: Read, tag: HtmlTag, pageUrl: string): void {
  const { name, attributes } = tag;
  if (read.open !== null && read.files.length < filesMax) {
    const file = readAnchor(read.open, tag.textBefore.trim(), read.base);
    if (file !== null) read.files.push(file);
  }
  read.open = name === 'a' ? tag : null;
  if (name === 'base') read.base = resolved(attributes.get('href') ?? '', pageUrl);
  if (name === 'meta' && attributes.get('name')?.toLowerCase() === 'pypi:repository-version')
    read.version = attributes.get('content') ?? '';
}

function resolved(href: string, pageUrl: string): string {
  return readForeignUrl(href, pageUrl)?.href ?? pageUrl;
}

function readAnchor({ attributes }: HtmlTag, name: string, base: string): IndexFile | null {
  const href = attributes.get('href');
  if (href === undefined || name.length > limits.moduleChars || !distribution.test(name)) return null;
  const found = fileUrl(href.trim(), base);
  if (found === null) return null;
  const metadata = attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata');
  return {
    name,
    url: found.url,
    sha256: hashOf(found.fragment),
    isYanked: attributes.has('data-yanked'),
    metadata: metadata === undefined || metadata === 'false' ? null : { sha256: hashOf(metadata) },
    provenance: provenanceUrl(attributes.get('data-provenance'), base),
  };
}

/** Of `sha256=<hex>`, alone or among others (`&egg=…`). */
function hashOf(text: string): string | null {
  return sha256Of(/(?:^|&)sha256=([^&]*)/i.exec(text)?.[1]);
}
