import type { Notice, StoryView } from '../../core/notice.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { AdviceView, FindingView } from '../../core/views.ts';

/** The content of a notice in the outbox, read from its stored body in format `standard`. */
export interface Told {
  /** A short id for people: the same in all attempts, so that a repetition can be recognized. */
  readonly ref: string;
  readonly type: Notice['type'];
  readonly subject: string;
  readonly vantage: string;
  /** When it was composed, wall milliseconds. */
  readonly atMs: number;
  readonly finding: FindingView | null;
  /** The finding's sentence, for any language; `null`: only English. */
  readonly sentence: Sentence | null;
  readonly advice: AdviceView | null;
  /** For a recovery: the `ref` of the message about the opening; `null`: this receiver got none. */
  readonly resolves: string | null;
  /** `null`: it never came and went, or an earlier release stored it. */
  readonly story: StoryView | null;
}

/** The last characters of a notice's id, which are random. */
function refOf(id: string): string {
  return id.slice(-6);
}

/** Never throws: a body left by another format is shown by the notice's own fields. */
export function toldOf({ id, type, subject, body, sentence, createdAtMs }: Notice): Told {
  const { data, timestamp } = parsed(body);
  return {
    ref: refOf(id),
    type,
    subject,
    vantage: data?.vantage ?? '',
    atMs: timestamp === undefined ? createdAtMs : Date.parse(timestamp),
    finding: data?.finding ?? null,
    sentence: sentence ?? null,
    advice: data?.advice ?? null,
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
    readonly resolves?: string | null;
    readonly story?: StoryView;
  };
}

function parsed(body: string): Body {
  try {
    return JSON.parse(body) as Body;
  } catch {
    return {};
  }
}

/** True for urgent advice, which quiet hours may let pass: leave a mirror that is down or serves wrong bytes. */
export function isUrgent({ type, advice }: Pick<Told, 'type' | 'advice'>): boolean {
  return (
    type === 'mirror.advice' &&
    advice?.state === 'proposed' &&
    (advice.cause === 'outage' || advice.cause === 'mismatch')
  );
}
