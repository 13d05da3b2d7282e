/** One tag of a page, with the text that stands before it. */
export interface HtmlTag {
  /** Lower-case; with `/` before it where it closes. */
  readonly name: string;
  /** Names lower-case, values decoded; a value that is not there is empty. The first of two counts. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Between the tag before and this one, decoded. */
  readonly textBefore: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** Decodes the entities that index pages have: the five of XML, and numbers. Others stay as they stand. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name as string] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : '\ufffd';
  });
}

/** Elements whose content is no markup. */
const raw = new Set(['script', 'style', 'textarea', 'title']);

/**
 * The tags of a page in their order, in one pass: each character is looked at a bounded number of times, whatever stands
 * there. What is no markup is text; an open tag at the end is left. A subset of HTML that index pages keep to.
 */
export function* tagsOf(html: string): Generator<HtmlTag> {
  let textFrom = 0;
  let at = html.indexOf('<');
  while (at >= 0) {
    if (html.startsWith('<!', at) || html.startsWith('<?', at)) {
      const isComment = html.startsWith('<!--', at);
      const end = html.indexOf(isComment ? '-->' : '>', at + 2);
      if (end < 0) return;
      at = html.indexOf('<', end);
      continue;
    }
    const tag = tagAt(html, at);
    if (tag === null) {
      at = html.indexOf('<', at + 1);
      continue;
    }
    if (tag.end < 0) return;
    yield { name: tag.name, attributes: tag.attributes, textBefore: decodeEntities(html.slice(textFrom, at)) };
    textFrom = tag.end;
    at = raw.has(tag.name) ? closing(html, tag.name, tag.end) : html.indexOf('<', tag.end);
  }
}

function closing(html: string, name: string, from: number): number {
  const found = new RegExp(`</${name}`, 'gi');
  found.lastIndex = from;
  return found.exec(html)?.index ?? -1;
}

const tagName = /\/?[A-Za-z][A-Za-z0-9-]*/y;
const attribute = /[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)))?/y;
const tagEnd = /[\s/]*>/y;

/** `end` is where the text goes on, below zero where the page ends within the tag. */
function tagAt(html: string, at: number): (Omit<HtmlTag, 'textBefore'> & { readonly end: number }) | null {
  tagName.lastIndex = at + 1;
  const name = tagName.exec(html)?.[0];
  if (name === undefined) return null;
  const attributes = new Map<string, string>();
  let next = at + 1 + name.length;
  for (;;) {
    tagEnd.lastIndex = next;
    if (tagEnd.test(html)) return { name: name.toLowerCase(), attributes, end: tagEnd.lastIndex };
    attribute.lastIndex = next;
    const found = attribute.exec(html);
    if (found === null) return { name: name.toLowerCase(), attributes, end: html.indexOf('>', next) + 1 || -1 };
    const [, key = '', double, single, bare] = found;
    const value = decodeEntities(double ?? single ?? bare ?? '');
    if (!attributes.has(key.toLowerCase())) attributes.set(key.toLowerCase(), value);
    next = attribute.lastIndex;
  }
}
