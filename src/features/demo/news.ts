import type { Advice } from '../../core/advice.ts';
import type { Sentence } from '../../core/sentence.ts';
import { signature } from '../../notify/receivers/signature.ts';
import { phrase, saySentence } from '../../words/tell.ts';
import { english } from '../../words/words.ts';
import type { Received } from './mirror.ts';

/** What the webhooks of the demo tell of. */
export interface DemoNews {
  readonly stage: 'spike' | 'advice' | 'webhook' | 'recovery';
  /** `null`: nobody knows whose it is. */
  readonly ecosystem: string | null;
  readonly text: string;
  /** What the sentence says, in fields; absent: it has no other form. */
  readonly told?: DemoTold;
}

/** A finding or an advice as far as the demo tells of it, or the sentence itself. */
export interface DemoTold {
  readonly sentence?: Sentence;
  readonly finding?: { readonly registry: string; readonly isOver: boolean };
  readonly advice?: Pick<Advice, 'from' | 'cause' | 'refusal' | 'expected'>;
}

interface Body {
  readonly type: string;
  readonly data: {
    readonly finding?: { readonly ecosystem: string | null; readonly registry: string | null; readonly text: string };
    readonly advice?: Pick<Advice, 'from' | 'cause' | 'refusal' | 'expected'> & {
      readonly ecosystem: string;
      readonly state: string;
      readonly reason: string;
      readonly remedy: Readonly<Record<string, string>>;
    };
  };
}

/** A sentence of the demo, in English and to be said. */
export function said(sentence: Sentence): Pick<DemoNews, 'text'> & { readonly told: DemoTold } {
  return { text: saySentence(sentence, english), told: { sentence } };
}

/**
 * What a webhook says, once its signature was found to be right; empty where the demo has no word for it.
 * @param formOf  the form of the remedy that is shown of an ecosystem's
 */
export function newsOf(
  received: Received,
  secret: string,
  formOf: (ecosystem: string) => string | undefined,
): readonly DemoNews[] {
  if (!isVerified(received, secret)) return [{ stage: 'webhook', ecosystem: null, ...said(phrase('demo.wrong')) }];
  const { type, data } = JSON.parse(received.body) as Body;
  const { finding, advice } = data;
  if (finding && (type === 'mirror.spike' || type === 'mirror.recovery')) {
    const { ecosystem, registry, text } = finding;
    const isOver = type === 'mirror.recovery';
    const told = registry === null ? {} : { finding: { registry, isOver } };
    return [{ stage: isOver ? 'recovery' : 'spike', ecosystem, text, told }];
  }
  if (type !== 'mirror.advice' || advice?.state !== 'proposed') return [];
  const { ecosystem, reason, remedy } = advice;
  const lines = remedy[formOf(ecosystem) ?? ''] ?? '';
  return [
    { stage: 'advice', ecosystem, text: `${reason}\n${lines}`, told: { advice } },
    { stage: 'webhook', ecosystem, ...said(phrase('demo.received', { type })) },
  ];
}

function isVerified({ headers, body }: Received, secret: string): boolean {
  const seconds = Number(headers['webhook-timestamp']);
  const expected = signature(secret, headers['webhook-id'] ?? '', seconds, body);
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected);
}
