import type { Advice } from '../../core/advice.ts';
import { snippetOf } from '../../core/snippet.ts';
import { signature } from '../../notify/receivers/standard.ts';
import { reasonTextOf } from '../../terminal/reasons.ts';
import { english, type Say } from '../../words/words.ts';
import type { DemoReceived } from './mirror.ts';

export interface DemoChange {
  readonly stage: 'spike' | 'advice' | 'webhook' | 'recovery';
  /** The ecosystem of the event; `null`: not known. */
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

/** Returns the demo's events for a received webhook. A wrong signature is an event too. */
export function changesFor(received: DemoReceived, secret: string, say: Say): readonly DemoChange[] {
  if (!isVerified(received, secret)) return [{ stage: 'webhook', ecosystem: null, text: say('demo.wrong') }];
  const { type, data } = JSON.parse(received.body) as Body;
  const { finding, advice } = data;
  const isEnglish = say === english;
  if (finding && (type === 'mirror.spike' || type === 'mirror.recovery')) {
    const { ecosystem, registry: who, text } = finding;
    const stage = type === 'mirror.spike' ? 'spike' : 'recovery';
    const key = stage === 'spike' ? 'finding.spike' : 'ended.spike';
    return [{ stage, ecosystem, text: isEnglish || who === null ? text : say(key, { who }) }];
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

function isVerified({ headers, body }: DemoReceived, secret: string): boolean {
  const seconds = Number(headers['webhook-timestamp']);
  const expected = signature(secret, headers['webhook-id'] ?? '', seconds, body);
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected);
}
