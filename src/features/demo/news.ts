import type { Advice } from '../../core/advice.ts';
import { snippetOf } from '../../core/snippet.ts';
import { signature } from '../../notify/receivers/standard.ts';
import { reasonTextOf } from '../../terminal/reasons.ts';
import { english, type Say } from '../../words/words.ts';
import type { DemoReceived } from './mirror.ts';

export interface DemoChange {
  readonly stage: 'spike' | 'advice' | 'webhook';
  readonly ecosystem: string | null;
  /** The first line is a sentence; the others are the same in each language. */
  readonly text: string;
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

/** Returns the demo's events for a received webhook; none if its signature is wrong. */
export function changesFor({ headers, body }: DemoReceived, secret: string, say: Say): readonly DemoChange[] {
  const expected = signature(secret, headers['webhook-id'] ?? '', Number(headers['webhook-timestamp']), body);
  if (!(headers['webhook-signature'] ?? '').split(' ').includes(expected)) return [];
  const { type, data } = JSON.parse(body) as Body;
  const { finding, advice } = data;
  const isEnglish = say === english;
  if (finding && type === 'mirror.spike') {
    const { ecosystem, registry: who, text } = finding;
    return [{ stage: 'spike', ecosystem, text: isEnglish || who === null ? text : say('finding.spike', { who }) }];
  }
  if (type !== 'mirror.advice' || advice?.state !== 'proposed') return [];
  const { ecosystem, reason, remedy } = advice;
  const { text = '', file = null } = snippetOf(remedy) ?? {};
  const lines = file === null ? text : `${english('advised.file', { file })}\n${text}`;
  const why = (isEnglish ? null : reasonTextOf(advice, say)) ?? reason;
  return [
    { stage: 'advice', ecosystem, text: `${why}\n${lines}` },
    { stage: 'webhook', ecosystem, text: say('demo.received', { type }) },
  ];
}
