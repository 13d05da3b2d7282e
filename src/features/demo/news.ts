import type { Advice } from '../../core/advice.ts';
import { snippetOf } from '../../core/snippet.ts';
import { signature } from '../../notify/receivers/standard.ts';
import { reasonTextOf } from '../../terminal/reasons.ts';
import { english, type Say } from '../../words/words.ts';
import type { DemoReceived } from './mirror.ts';

export interface DemoChange {
  readonly stage: 'spike' | 'advice' | 'webhook' | 'recovery' | 'changed' | 'undone';
  /** The ecosystem of the event; `null`: not known. */
  readonly ecosystem: string | null;
  readonly text: DemoText;
}

/** Renders an event in one language. The first line is a sentence; the others are the same in each language. */
export type DemoText = (say: Say) => string;

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
    readonly result?: string;
    readonly action?: Readonly<Record<'ecosystem' | 'action' | 'from' | 'to' | 'output', string>>;
  };
}

/** Returns the demo's events for a received webhook. A wrong signature is an event too. */
export function changesFor(received: DemoReceived, secret: string): readonly DemoChange[] {
  if (!isVerified(received, secret)) return [{ stage: 'webhook', ecosystem: null, text: (say) => say('demo.wrong') }];
  const { type, data } = JSON.parse(received.body) as Body;
  const { finding, advice, action, result } = data;
  if (finding && (type === 'mirror.spike' || type === 'mirror.recovery')) {
    const { ecosystem, registry: who, text } = finding;
    const [stage, key] =
      type === 'mirror.spike' ? (['spike', 'finding.spike'] as const) : (['recovery', 'ended.spike'] as const);
    return [{ stage, ecosystem, text: (say) => (say === english || who === null ? text : say(key, { who })) }];
  }
  if (action !== undefined && (result === 'done' || result === 'undone')) {
    const { ecosystem, output, ...names } = action;
    const sentence: DemoText = (say) => say(`action.${result}`, { ...names, what: ecosystem });
    return result === 'done'
      ? [{ stage: 'changed', ecosystem, text: (say) => `${sentence(say)}\n${output}` }]
      : [{ stage: 'undone', ecosystem, text: sentence }];
  }
  if (type !== 'mirror.advice' || advice?.state !== 'proposed') return [];
  const { ecosystem, reason, remedy } = advice;
  const { text = '', file = null } = snippetOf(remedy) ?? {};
  const lines = file === null ? text : `${english('advised.file', { file })}\n${text}`;
  const why: DemoText = (say) => (say === english ? null : reasonTextOf(advice, say)) ?? reason;
  return [
    { stage: 'advice', ecosystem, text: (say) => `${why(say)}\n${lines}` },
    { stage: 'webhook', ecosystem, text: (say) => say('demo.received', { type }) },
  ];
}

function isVerified({ headers, body }: DemoReceived, secret: string): boolean {
  const seconds = Number(headers['webhook-timestamp']);
  const expected = signature(secret, headers['webhook-id'] ?? '', seconds, body);
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected);
}
