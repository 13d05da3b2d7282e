import { Tokenizer } from 'htmlparser2';
import type { WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { getOrElse } from '../../core/get-or-else.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { charsPerSlice as bytesPerSlice, type Slices } from '../../core/slices.ts';
import { readForeignUrl } from '../../core/url.ts';
import { malformed, wrongContent } from '../../words/tell.ts';
import {
  type IndexFile,
  nameIn,
  type PageFile,
  type PageReader,
  type ProjectPage,
  parseFileUrl,
  parseProvenanceUrl,
  quarantined,
  sha256Of,
} from './project-page.ts';
import { type ClientRefusal, refusalOfLink } from './refusals.ts';

const notHtml1: ProbeFailure = malformed('answer.pageHtml1');
const notAPage: ProbeFailure = wrongContent('answer.page');

const distribution = /\.(whl|tar\.gz|zip|tar\.bz2|tgz|tar\.xz|tar|egg|exe|msi|rpm|deb)$/i;

/**
 * The endings of current distribution files. If the text of an anchor names no file, the anchor counts only for these
 * endings. Web pages that are no project pages rarely link to such files.
 */
const current = /\.(whl|tar\.gz)$/i;

/**
 * Reads a project page in HTML: the anchors whose URL names a distribution file, as pip and uv do. A page without such
 * anchors must state the version of the repository API, else it is wrong content.
 * @see PEP 503, PEP 629, PEP 592; docs/protocols/common.md#shapes-of-bodies, docs/protocols/pypi.md#formats
 */
export function* readHtmlPage(
  body: WholeBody,
  pageUrl: string,
  reader: PageReader,
): Slices<Result<ProjectPage, ProbeFailure>> {
  const has = new Set<string>();
  const read: Read = { reader, has, hasFile: false, refused: null, version: null, base: pageUrl, open: null };
  const end = yield* walkTags(body, keys, (tag) => take(read, tag, pageUrl));
  // The last anchor may have no end.
  if (end !== null) take(read, { name: '', attributes: new Map(), textBefore: end }, pageUrl);
  const { hasFile, version } = read;
  if (end === null || (version !== null && !/^1\.\d+$/.test(version))) return error(notHtml1);
  if (version === null && !hasFile) return error(notAPage);
  return ok({
    serial: /<!--SERIAL (\d{1,20})-->\s*$/.exec(end)?.[1] ?? null,
    refused: read.refused,
    offers: {
      json_index: false,
      upload_time: false,
      core_metadata: has.has('data-core-metadata') || has.has('data-dist-info-metadata') || null,
      provenance: has.has('data-provenance') || null,
      yanked: has.has('data-yanked') || null,
      status: has.has('pypi:project-status') || null,
    },
    isQuarantined: has.has(`status ${quarantined}`),
  });
}

interface Read {
  readonly reader: PageReader;
  hasFile: boolean;
  /** The names of attributes of files that occur, and of the page's status. */
  readonly has: Set<string>;
  refused: ClientRefusal | null;
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
  if (read.open !== null) {
    const file = fileOf(read.open, tag.textBefore.trim(), read.base);
    if (file !== null) {
      read.reader.file(file);
      for (const key of read.open.attributes.keys()) read.has.add(key);
      read.refused ??= refusalOfLink(read.open.attributes.get('href') ?? '');
    }
    read.hasFile ||= file?.read() != null;
  }
  read.open = name === 'a' ? tag : null;
  if (name === 'base') read.base = readForeignUrl(attributes.get('href') ?? '', pageUrl)?.href ?? pageUrl;
  const meta = name === 'meta' ? attributes.get('name')?.toLowerCase() : undefined;
  if (meta === 'pypi:repository-version') read.version = attributes.get('content') ?? '';
  if (meta === 'pypi:project-status') read.has.add(meta).add(`status ${attributes.get('content')}`);
}

/**
 * Returns the file to which an anchor links; `null`: none.
 * @param text  the anchor's text; folder listings shorten long names in it
 */
function fileOf({ attributes }: HtmlTag, text: string, base: string): PageFile | null {
  const href = attributes.get('href')?.trim();
  if (href === undefined) return null;
  const name = nameIn(href);
  if (name.length > limits.moduleChars || !(distribution.test(text) ? distribution : current).test(name)) return null;
  return { name, isYanked: attributes.has('data-yanked'), read: () => readAnchor(attributes, name, href, base) };
}

function readAnchor(attributes: HtmlTag['attributes'], name: string, href: string, base: string): IndexFile | null {
  const found = parseFileUrl(href, base);
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

/** Returns the hash in `sha256=<hex>`, also among other parameters; `null`: none. */
function hashOf(text: string): string | null {
  return sha256Of(/(?:^|&)sha256=([^&]*)/i.exec(text)?.[1]);
}

/** One tag of a page, and the text before the tag. */
export interface HtmlTag {
  /** The tag's name in lower case. The name of a closing tag begins with `/`. */
  readonly name: string;
  /** Decoded values, keyed by name in lower case. If an attribute is repeated, the first one counts. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The decoded text since the previous tag. A long text is cut. */
  readonly textBefore: string;
}

/** The maximum length of a text or an attribute, characters. A longer text is cut; a longer attribute is dropped. */
const partCharsMax = 16 * 1024;

function joined(part: string, more: string): string {
  return part.length > partCharsMax ? part : part + more;
}

function nothing(): void {}

/** The number of characters at the end of a page to keep, because a page may state its serial there. */
const endChars = 200;

/** Splits a page into tags. The tokenizer reports only positions, so the reader keeps the recent text. */
class TagReader {
  readonly #tokenizer: Tokenizer;
  /** The last part of the text that was read. `#recentFrom`: the position of this part in the whole text. */
  #recent = '';
  #recentFrom = 0;

  constructor(keys: ReadonlySet<string>, onTag: (tag: HtmlTag) => void) {
    let textBefore = '';
    let name = '';
    let attributes = new Map<string, string>();
    let key = '';
    let value = '';
    const end = (): void => {
      onTag({ name, attributes, textBefore });
      textBefore = '';
    };
    this.#tokenizer = new Tokenizer(
      {},
      {
        ontext: (from, to) => {
          textBefore = joined(textBefore, this.#part(from, to));
        },
        ontextentity: (code) => {
          textBefore = joined(textBefore, String.fromCodePoint(code));
        },
        onopentagname: (from, to) => {
          name = this.#part(from, to).toLowerCase();
          attributes = new Map();
        },
        onattribname: (from, to) => {
          key = this.#part(from, to).toLowerCase();
          value = '';
        },
        onattribdata: (from, to) => {
          value = joined(value, this.#part(from, to));
        },
        onattribentity(code) {
          value = joined(value, String.fromCodePoint(code));
        },
        onattribend() {
          if (keys.has(key) && !attributes.has(key) && value.length <= partCharsMax) attributes.set(key, value);
        },
        onopentagend: end,
        onselfclosingtag: end,
        onclosetag: (from, to) => {
          name = `/${this.#part(from, to).toLowerCase()}`;
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
  }

  /**
   * Returns a part of the text. The result is empty if the part begins before the recent text, because such a part is
   * too long.
   */
  #part(from: number, to: number): string {
    return from < this.#recentFrom ? '' : this.#recent.slice(from - this.#recentFrom, to - this.#recentFrom);
  }

  add(piece: string): void {
    const old = Math.max(0, this.#recent.length - partCharsMax);
    this.#recent = this.#recent.slice(old) + piece;
    this.#recentFrom += old;
    this.#tokenizer.write(piece);
  }

  /**
   * Called after the last piece of the page.
   * @returns the last characters of the page
   */
  end(): string {
    this.#tokenizer.end();
    return this.#recent.slice(-endChars);
  }
}

/**
 * Passes the tags of a page to `onTag`, in order, in linear time and in bounded memory. An unfinished tag at the end is
 * ignored.
 * @param keys  the names of the attributes to keep, in lower case
 * @returns     the last characters of the page; `null`: the page is not in UTF-8
 * @see docs/decisions/0016-libraries-that-are-safe-with-hostile-input.md
 */
export function* walkTags(
  body: WholeBody,
  keys: ReadonlySet<string>,
  onTag: (tag: HtmlTag) => void,
): Slices<string | null> {
  const reader = new TagReader(keys, onTag);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const memory = body.bytes > bytesPerSlice ? Buffer.allocUnsafe(bytesPerSlice) : undefined;
  for (let at = 0; at < body.bytes; at += bytesPerSlice) {
    if (at > 0) yield;
    const [bytes, stream] = [body.read(at, bytesPerSlice, memory), at + bytesPerSlice < body.bytes];
    const piece = getOrElse(() => decoder.decode(bytes, { stream }), null);
    if (piece === null) return null;
    reader.add(piece);
  }
  return reader.end();
}
