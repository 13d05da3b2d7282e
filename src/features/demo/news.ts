import type { Advice } from '../../core/advice.ts';
import type { Sentence } from '../../core/result.ts';
import { snippetOf } from '../../core/snippet.ts';
import { signature } from '../../notify/receivers/standard.ts';
import { phrase, saySentence } from '../../words/tell.ts';
import { english } from '../../words/words.ts';
import type { DemoReceived } from './mirror.ts';

export interface DemoChange {
  readonly stage: 'spike' | 'advice' | 'webhook' | 'recovery' | 'changed' | 'undone';
  /** The ecosystem of the event; `null`: not known. */
  readonly ecosystem: string | null;
  readonly text: string;
  /**
   * The data of the first line of `text`, to render that line in another language. Absent: the line is shown in
   * English.
   */
  readonly message?: DemoMessage;
}

/** The part of a finding or an advice that the demo shows, or only a sentence. */
export interface DemoMessage {
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
    readonly result?: string;
    readonly action?: Readonly<Record<'ecosystem' | 'action' | 'from' | 'to' | 'output', string>>;
  };
}

export function demoMessageOf(sentence: Sentence): Pick<DemoChange, 'text'> & { readonly message: DemoMessage } {
  return { text: saySentence(sentence, english), message: { sentence } };
}

/** Returns the demo's events for a received webhook. A wrong signature is an event too. */
export function changesFor(received: DemoReceived, secret: string): readonly DemoChange[] {
  if (!isVerified(received, secret))
    return [{ stage: 'webhook', ecosystem: null, ...demoMessageOf(phrase('demo.wrong')) }];
  const { type, data } = JSON.parse(received.body) as Body;
  const { finding, advice, action, result } = data;
  if (finding && (type === 'mirror.spike' || type === 'mirror.recovery')) {
    const { ecosystem, registry, text } = finding;
    const isOver = type === 'mirror.recovery';
    const message = registry === null ? {} : { finding: { registry, isOver } };
    return [{ stage: isOver ? 'recovery' : 'spike', ecosystem, text, message }];
  }
  if (action !== undefined && (result === 'done' || result === 'undone')) {
    const { ecosystem, from, to, output } = action;
    const { text, message } = demoMessageOf(
      phrase(`action.${result}`, { action: action.action, what: ecosystem, from, to }),
    );
    return result === 'done'
      ? [{ stage: 'changed', ecosystem, text: `${text}\n${output}`, message }]
      : [{ stage: 'undone', ecosystem, text, message }];
  }
  if (type !== 'mirror.advice' || advice?.state !== 'proposed') return [];
  const { ecosystem, reason, remedy } = advice;
  const { text = '', file = null } = snippetOf(remedy) ?? {};
  const lines = file === null ? text : `${english('advised.file', { file })}\n${text}`;
  return [
    { stage: 'advice', ecosystem, text: `${reason}\n${lines}`, message: { advice } },
    { stage: 'webhook', ecosystem, ...demoMessageOf(phrase('demo.received', { type })) },
  ];
}

function isVerified({ headers, body }: DemoReceived, secret: string): boolean {
  const seconds = Number(headers['webhook-timestamp']);
  const expected = signature(secret, headers['webhook-id'] ?? '', seconds, body);
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected);
}
