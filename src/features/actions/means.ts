import type { ActionEnd } from '../../core/action.ts';
import type { ClientRunner } from '../../core/client-run.ts';
import type { Post } from '../../core/notice.ts';
import type { Result, Sentence } from '../../core/result.ts';

/** What a step of an action needs from the daemon. */
export interface Means {
  readonly folder: string;
  /** The folder for files that record running programs, so that a later process can stop them. */
  readonly marks: string;
  readonly path: string;
  readonly post: Post;
  /** Runs the clients that read a new text of their file before it is written. */
  readonly clients: ClientRunner;
  readonly signal: AbortSignal;
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
export function valueFrom<T>(result: Result<T, Sentence>, retry: boolean): T {
  if (result.tag === 'error') throw new StepFailed(result.error, retry);
  return result.value;
}
