import { stamp } from '../../core/views.ts';
import {
  type Key,
  type Language,
  percent as percentOf,
  piecesOf,
  type Say,
  type Values,
  wordsOf,
} from '../../words/words.ts';

/** Safe HTML markup. Only the template tag `html` creates it, and this tag escapes every text. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** A value in a template; `null`, `undefined` and `false` are omitted. */
type Part = Html | string | number | null | undefined | false | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Matches control characters (except newline and tab) and characters that change the text direction. They are replaced,
 * so that a text from outside (such as a module name) cannot reorder or hide other texts of the page.
 */
const unprintable = /[\p{Cc}--[\n\t]]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gv;

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

/** A template tag that escapes all values except `Html`. A value in an attribute is safe only inside quotes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, next, i) => text + partText(parts[i - 1]) + next));
}

/** Renders a text whose parts between backticks are code. */
export function renderCode(text: string): Html {
  return html`${text.split('`').map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

export interface PageSay extends Say {
  readonly language: Language;
  /**
   * Renders a text of the message catalogue whose values may be markup:
   * `say.html('walk.hop', { hop: html`<b>1</b>` })`.
   */
  readonly html: <K extends Key>(key: K, ...values: Values<K, Part>) => Html;
}

export function createPageSay(language: Language): PageSay {
  return Object.assign(wordsOf(language), {
    language,
    html: <K extends Key>(key: K, ...values: Values<K, Part>): Html => {
      return html`${piecesOf<K, Part>(language, key, ...values)}`;
    },
  });
}

/** Formats a duration for people: `0.4 ms`, `42 ms`, `1.24 s`, `3 min`. `null` becomes an em dash. */
export function durationHtml(say: PageSay, ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '—';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  return span(say, ms);
}

/** Formats a length of time in a single unit: `12 s`, `4 min`, `3 h`, `2 d`. */
export function span(say: PageSay, ms: number): string {
  const s = Math.round(Math.max(0, ms) / 1000);
  if (s < 100) return say('unit.s', { count: s });
  if (s < 100 * 60) return say('unit.min', { count: Math.round(s / 60) });
  if (s < 48 * 3600) return say('unit.h', { count: Math.round(s / 3600) });
  return say('unit.d', { count: Math.round(s / 86_400) });
}

/** Renders how long ago a wall time is. The tooltip has the full time. */
export function ago(say: PageSay, wallMs: number | null, nowMs: number): Html | string {
  return wallMs === null
    ? say('unit.never')
    : html`<time datetime="${stamp(wallMs)}" title="${stamp(wallMs)}">${say('unit.ago', { span: span(say, nowMs - wallMs) })}</time>`;
}

/** Renders a wall time as the time of day, UTC. */
export function at(wallMs: number): Html {
  const text = stamp(wallMs);
  return html`<time datetime="${text}" title="${text}">${text.slice(11, 19)} UTC</time>`;
}

export function dated(wallMs: number): Html {
  const text = stamp(wallMs);
  return html`<time datetime="${text}" title="${text}">${text.slice(0, 10)} ${text.slice(11, 16)} UTC</time>`;
}

/** Formats a wall time as `03-04 08:15` (month, day and time), UTC. */
export function short(wallMs: number): string {
  return stamp(wallMs).slice(5, 16).replace('T', ' ');
}

/** Formats a share (0 to 1) as a percentage. It never rounds up to 100 % or down to 0 %. */
export function percentHtml(say: PageSay, share: number | null): string {
  return share === null ? '—' : percentOf(share, say);
}

export function formatSamples(say: PageSay, count: number): string {
  return say('unit.samples', { count });
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1024 ** 2 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 ** 2).toFixed(1)} MiB`;
}

export function formatCoordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}
