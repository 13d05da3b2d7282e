import type { ActionEnd } from '../../core/action.ts';
import type { ClientRunner } from '../../core/client-run.ts';
import type { Post } from '../../core/notice.ts';
import type { Result, Sentence } from '../../core/result.ts';
import type { ProgramCall } from '../../io/run-program.ts';

/** What a step of an action needs from the daemon. */
export interface Means extends Pick<ProgramCall, 'marks' | 'path' | 'signal'> {
  readonly folder: string;
  readonly post: Post;
  /** Runs the clients that read a new text of their file before it is written. */
  readonly clients: ClientRunner;
  /** The remaining time of the step, milliseconds; at least 1. */
  leftMs(): number;
  /** The current time, RFC 3339. */
  madeAt(): string;
}

/** Thrown inside a step to end the step as failed. */
export class StepFailed extends Error {
  readonly end: Extract<ActionEnd, { tag: 'failed' }>;

  constructor(because: Sentence, retry: boolean, output = '', kept: unknown = undefined) {
    super('step failed');
    this.end = { tag: 'failed', because, output, retry, ...(kept === undefined ? {} : { kept }) };
  }
}

/** Returns the value of a result. @throws StepFailed if the result is an error */
export function valueFrom<T>(result: Result<T, Sentence>): T {
  if (result.tag === 'error') throw new StepFailed(result.error, false);
  return result.value;
}
