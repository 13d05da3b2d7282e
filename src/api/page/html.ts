/** Markup that may be sent as it is: made by `html` alone, every text in it escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The markup. */
  toString(): string {
    return this.text;
  }
}

/** What a template may hold; `null`, `undefined` and `false` leave nothing behind. */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters but newline and tab, and direction overrides: a mirror's words may not reorder or hide ours. */
const unprintable = /[\p{Cc}--[\n\t]]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gv;

/** A text as it may stand between tags or inside a quoted attribute. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? '').replace(unprintable, '\ufffd');
}

function partText(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  return part.map(partText).join('');
}

/** A template whose parts are escaped, unless they are `Html` themselves. Attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, next, i) => text + partText(parts[i - 1]) + next));
}
