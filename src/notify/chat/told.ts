import type { Notice, StoryView } from '../../core/notice.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { AdviceView, FindingView } from '../../core/views.ts';

/** What a notice in the outbox tells, read back from the body that is stored: the one that `standard` would send. */
export interface Told {
  /** By which people can speak of it: the same over all attempts, so that a repetition is seen as one. */
  readonly ref: string;
  readonly type: Notice['type'];
  readonly subject: string;
  readonly vantage: string;
  /** When it was composed, wall milliseconds. */
  readonly atMs: number;
  readonly finding: FindingView | null;
  /** What the finding says, for any language; `null`: in English alone. */
  readonly sentence: Sentence | null;
  readonly advice: AdviceView | null;
  /** Of a recovery: the `ref` of the message that told of the opening; `null`: this receiver got none. */
  readonly resolves: string | null;
  /** `null`: it never comes and goes, or an earlier release stored it. */
  readonly story: StoryView | null;
}

/** The last characters of a notice's id: those are its random ones. */
function refOf(id: string): string {
  return id.slice(-6);
}

/** Never throws: of a body that another format left behind, the notice's own words are told. */
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

/** True for what may not wait for the morning where the operator says so: leave what is down or serves wrong bytes. */
export function isUrgent({ type, advice }: Pick<Told, 'type' | 'advice'>): boolean {
  return (
    type === 'mirror.advice' &&
    advice?.state === 'proposed' &&
    (advice.cause === 'outage' || advice.cause === 'mismatch')
  );
}
