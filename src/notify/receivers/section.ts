import type { ActionChange } from '../../core/action.ts';
import type { Notice, StoryView } from '../../core/notice.ts';
import { readMapping } from '../../core/read-json.ts';
import type { Sentence } from '../../core/result.ts';
import type { ActionView, AdviceView, FindingView } from '../../core/views.ts';
import type { Language, Say } from '../../words/words.ts';

/**
 * The tones (colours), most important first. A card has the most important tone of its sections. `act`: an action is
 * needed.
 */
export const tones = ['bad', 'warn', 'act', 'good', 'info'] as const;
export type Tone = (typeof tones)[number];

/** One event in a card. Its texts are plain, because each chat service adds its own markup and escapes. */
export interface Section {
  readonly tone: Tone;
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly text: string }[];
  readonly code: { readonly label: string; readonly text: string } | null;
  readonly ref: string;
}

export interface Reader {
  readonly language: Language;
  readonly timeZone: string;
  readonly vantage: string;
  /**
   * The URL of the status page, without a trailing slash; `null`: it is unknown, or on loopback, where readers cannot
   * open it.
   */
  readonly page: string | null;
}

export interface Pen {
  readonly say: Say;
  readonly reader: Reader;
}

/** Cuts a text to at most `most` characters (UTF-16 units), and marks the cut. */
export function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

const alike: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '`': "'", '*': '∗', '[': '［' };

/**
 * Replaces characters that Markdown treats as markup by similar ones, for services whose Markdown has no escape
 * character.
 */
export function escapeMarks(text: string): string {
  return text.replaceAll(/[<>`*[]/g, (character) => alike[character] ?? character);
}

/** The content of a notice in the outbox, read from its stored body in format `standard`. */
export interface SectionNotice {
  /** A short id for people, the same in all attempts. */
  readonly ref: string;
  readonly type: Notice['type'];
  readonly subject: string;
  readonly vantage: string;
  readonly atMs: number;
  readonly finding: FindingView | null;
  readonly action: (ActionView & { readonly result: ActionChange['result'] }) | null;
  /**
   * The sentence of the finding or the advice, or why an action failed, as key and values for any language; `null`: only
   * English text exists.
   */
  readonly sentence: Sentence | null;
  readonly advice: AdviceView | null;
  /** For a recovery: the `ref` of the notice that reported the start; `null`: the receiver got no such notice. */
  readonly resolves: string | null;
  readonly story: StoryView | null;
}

/** Returns a short id for people: the last six characters of an id, which are random. */
function refOf(id: string): string {
  return id.slice(-6);
}

/** Returns the content of a notice. If the body has another format, only the notice's own fields are filled. */
export function sectionNoticeOf({ id, type, subject, body, sentence, createdAtMs }: Notice): SectionNotice {
  const { data, timestamp } = (readMapping(body) ?? {}) as Body;
  return {
    ref: refOf(id),
    type,
    subject,
    vantage: data?.vantage ?? '',
    atMs: timestamp === undefined ? createdAtMs : Date.parse(timestamp),
    finding: data?.finding ?? null,
    sentence: sentence ?? null,
    advice: data?.advice ?? null,
    action: data?.action && data.result ? { ...data.action, result: data.result } : null,
    resolves: data?.resolves == null ? null : refOf(data.resolves),
    story: data?.story ?? null,
  };
}

interface Body {
  readonly timestamp?: string;
  readonly data?: {
    readonly vantage?: string;
    readonly finding?: FindingView;
    readonly advice?: AdviceView;
    readonly result?: ActionChange['result'];
    readonly action?: ActionView;
    readonly resolves?: string | null;
    readonly story?: StoryView;
  };
}

/** True for urgent advice: to leave a mirror that is down or serves wrong bytes now. */
export function isUrgent({ type, advice }: Pick<SectionNotice, 'type' | 'advice'>): boolean {
  return (
    type === 'mirror.advice' &&
    advice?.state === 'proposed' &&
    (advice.cause === 'outage' || advice.cause === 'mismatch') &&
    advice.phase !== 'over'
  );
}

/** The content of one chat message, for all chat services. */
export interface Card {
  readonly tone: Tone;
  readonly title: string;
  readonly sections: readonly Section[];
  readonly link: { readonly text: string; readonly url: string } | null;
  readonly foot: string;
}
