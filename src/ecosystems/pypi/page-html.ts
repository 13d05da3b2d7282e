import { Tokenizer } from 'htmlparser2';
import { utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { charsPerSlice, type Slices } from '../../core/slices.ts';
import { readForeignUrl } from '../../core/url.ts';
import { malformed, wrongContent } from '../../words/tell.ts';
import {
  filesMax,
  type IndexFile,
  nameIn,
  type ProjectPage,
  parseFileUrl,
  parseProvenanceUrl,
  sha256Of,
} from './project-page.ts';

const notHtml1: ProbeFailure = malformed('answer.pageHtml1');
const notAPage: ProbeFailure = wrongContent('answer.page');

const distribution = /\.(whl|tar\.gz|zip|tar\.bz2|tgz|tar\.xz|tar|egg|exe|msi|rpm|deb)$/i;

/** The endings of current distribution files. Other kinds of pages hardly link to such files. */
const current = /\.(whl|tar\.gz)$/i;

/**
 * Parses a project page in HTML: the anchors whose text or URL names a distribution file. A page without them must
 * state the version of the repository API, else it is wrong content.
 * @see PEP 503, PEP 629, PEP 592; protocols.md 0.2, 3.3
 */
export function* readHtmlPage(body: Uint8Array, pageUrl: string): Slices<Result<ProjectPage, ProbeFailure>> {
  const text = utf8(body);
  if (text === null) return error(notHtml1);
  const read: Read = { files: [], version: null, base: pageUrl, open: null };
  yield* walkTags(text, keys, (tag) => take(read, tag, pageUrl));
  const { files, version } = read;
  if (version !== null && !/^1\.\d+$/.test(version)) return error(notHtml1);
  if (version === null && files.length === 0) return error(notAPage);
  return ok({ files, versions: null, serial: /<!--SERIAL (\d{1,20})-->\s*$/.exec(text.slice(-200))?.[1] ?? null });
}

interface Read {
  readonly files: IndexFile[];
  version: string | null;
  base: string;
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

function take(read: Read, tag: HtmlTag, pageUrl: string): void {
  const { name, attributes } = tag;
  if (read.open !== null && read.files.length < filesMax) {
    const file = readAnchor(read.open, tag.textBefore.trim(), read.base);
    if (file !== null) read.files.push(file);
  }
  read.open = name === 'a' ? tag : null;
  if (name === 'base') read.base = readForeignUrl(attributes.get('href') ?? '', pageUrl)?.href ?? pageUrl;
  if (name === 'meta' && attributes.get('name')?.toLowerCase() === 'pypi:repository-version')
    read.version = attributes.get('content') ?? '';
}

/** @param text  the anchor's text; folder listings shorten long names in it */
function readAnchor({ attributes }: HtmlTag, text: string, base: string): IndexFile | null {
  const href = attributes.get('href');
  if (href === undefined) return null;
  const name = distribution.test(text) ? text : nameIn(href.trim());
  if (name.length > limits.moduleChars || (name !== text && !current.test(name))) return null;
  const found = parseFileUrl(href.trim(), base);
  if (found === null) return null;
  const metadata = attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata');
  return {
    name,
    url: found.url,
    sha256: hashOf(found.fragment),
    isYanked: attributes.has('data-yanked'),
    metadata: metadata === undefined || metadata === 'false' ? null : { sha256: hashOf(metadata) },
    provenance: parseProvenanceUrl(attributes.get('data-provenance'), base),
  };
}

/** The hash in `sha256=<hex>`, also among other parameters; `null`: none. */
function hashOf(text: string): string | null {
  return sha256Of(/(?:^|&)sha256=([^&]*)/i.exec(text)?.[1]);
}

/** One tag of a page, and the text before the tag. */
export interface HtmlTag {
  /** In lower case; the name of a closing tag begins with `/`. */
  readonly name: string;
  /** Decoded values by name in lower case; of duplicates the first. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The decoded text since the previous tag; of a long text only the beginning. */
  readonly textBefore: string;
}

/** A longer text is cut, a longer attribute is dropped. */
const partCharsMax = 16 * 1024;

function joined(part: string, more: string): string {
  return part.length > partCharsMax ? part : part + more;
}

function nothing(): void {}

/**
 * Passes the tags of a page to `tell`, in order and in linear time. An unfinished tag at the end is ignored.
 * @param keys  the names of the attributes to keep, in lower case
 * @see docs/decisions/0016-parsers-kept.md
 */
export function* walkTags(html: string, keys: ReadonlySet<string>, tell: (tag: HtmlTag) => void): Slices<void> {
  let textBefore = '';
  let name = '';
  let attributes = new Map<string, string>();
  let key = '';
  let value = '';
  const end = (): void => {
    tell({ name, attributes, textBefore });
    textBefore = '';
  };
  const tokenizer = new Tokenizer(
    {},
    {
      ontext: (from, to) => {
        textBefore = joined(textBefore, html.slice(from, to));
      },
      ontextentity: (code) => {
        textBefore = joined(textBefore, String.fromCodePoint(code));
      },
      onopentagname(from, to) {
        name = html.slice(from, to).toLowerCase();
        attributes = new Map();
      },
      onattribname(from, to) {
        key = html.slice(from, to).toLowerCase();
        value = '';
      },
      onattribdata(from, to) {
        value = joined(value, html.slice(from, to));
      },
      onattribentity(code) {
        value = joined(value, String.fromCodePoint(code));
      },
      onattribend() {
        if (keys.has(key) && !attributes.has(key) && value.length <= partCharsMax) attributes.set(key, value);
      },
      onopentagend: end,
      onselfclosingtag: end,
      onclosetag(from, to) {
        name = `/${html.slice(from, to).toLowerCase()}`;
        attributes = new Map();
        end();
      },
      oncdata: nothing,
      oncomment: nothing,
      ondeclaration: nothing,
      onprocessinginstruction: nothing,
      onend: nothing,
    },
  );
  for (let at = 0; at < html.length; at += charsPerSlice) {
    if (at > 0) yield;
    tokenizer.write(html.slice(at, at + charsPerSlice));
  }
  tokenizer.end();
}
