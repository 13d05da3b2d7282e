import type { Sentence } from '../core/sentence.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';
import type { Decision } from './decide.ts';

/** Clients of an ecosystem that are not moved, because the HTTP version that they speak works at the mirror to be left. */
export interface Spared {
  readonly clients: readonly string[];
  readonly protocol: HttpProtocol;
  /** The mirror. */
  readonly head: string;
}

/** Whom a decision does not concern; `null`: it concerns all. */
export function sparedBy(decision: Decision): Spared | null {
  if (decision.kind !== 'move' || decision.cause === 'failback') return null;
  const broken = decision.findings
    .flatMap(({ scope }) => scope)
    .find(({ protocol }) => protocol !== undefined)?.protocol;
  const { name, speaks } = decision.at;
  const other = broken === undefined ? undefined : speaks?.find(({ protocol }) => protocol !== broken);
  return other === undefined ? null : { ...other, head: name };
}

/** For people: who stays. */
export function sparedSaid({ clients, protocol, head }: Spared): Sentence {
  return phrase('note.spared', { clients: clients.join(', '), head, protocol });
}
