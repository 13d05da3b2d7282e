import type { ActionEnd } from '../../core/action.ts';
import type { Post } from '../../core/notice.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Lease } from './lease.ts';

/** What each kind of action gets to work with. */
export interface Means {
  /** The folder where actions keep files, beside the state file. */
  readonly folder: string;
  /** The folder of the marks of running programs. */
  readonly marks: string;
  /** The search path of programs. */
  readonly path: string;
  readonly post: Post;
  readonly signal: AbortSignal;
  /** The remaining time of the step, milliseconds; at least 1. */
  leftMs(): number;
  /** The lease of this daemon's pair. */
  readonly lease: Pick<Lease, 'fence' | 'mayWrite'>;
  /** RFC 3339. */
  madeAt(): string;
}

/** Thrown inside a step: ends it as failed. */
export class StepFailed extends Error {
  readonly end: Extract<ActionEnd, { tag: 'failed' }>;
  constructor(end: Extract<ActionEnd, { tag: 'failed' }>) {
    super('step failed');
    this.end = end;
  }
}

/** A failed step. @param retry  whether another attempt may succeed */
export function failedWith(because: Sentence, retry: boolean, output = ''): Extract<ActionEnd, { tag: 'failed' }> {
  return { tag: 'failed', because, output, retry };
}

/** Checked right before each change: the failure if the pair's other daemon acts; `null`: the change is allowed. */
export async function checkLease({
  lease,
}: Pick<Means, 'lease'>): Promise<Extract<ActionEnd, { tag: 'failed' }> | null> {
  return (await lease.mayWrite()) ? null : failedWith(phrase('acted.notHolder'), true);
}
