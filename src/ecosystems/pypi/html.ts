import { Tokenizer } from 'htmlparser2';
import { charsPerSlice, type Slices } from '../../core/slices.ts';

/** One tag of a page, with the text that stands before it. */
export interface HtmlTag {
  /** Lower-case; with `/` before it where it closes. */
  readonly name: string;
  /** Those asked for: names lower-case, values decoded; a value that is not there is empty. The first of two counts. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Between the tag before and this one, decoded; of a long one the beginning. */
  readonly textBefore: string;
}

/** No name of a file and no URL is longer: of a text so much is kept, and an attribute beyond it is left out. */
const partCharsMax = 16 * 1024;

function joined(part: string, more: string): string {
  return part.length > partCharsMax ? part : part + more;
}

function nothing(): void {}

/**
 * Tells the tags of a page in their order, in slices and one pass: each character is looked at a bounded number of times, whatever
 * stands there. By the tokens of HTML alone: a parser keeps the elements that are open, and what it does for one
 * more grows with them. An open tag at the end is left.
 * @param keys  the attributes that are kept, lower-case
 * @see docs/decisions/0016-parsers-kept.md
 */
export function* tellTags(html: string, keys: ReadonlySet<string>, tell: (tag: HtmlTag) => void): Slices<void> {
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
