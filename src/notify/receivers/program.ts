import type { Receiver } from '../../core/config.ts';
import type { Notice, Post } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';

/** A receiver for programs. */
export interface Program {
  /** The request of one attempt. */
  message(receiver: Receiver, notice: Notice, now: Now): Parameters<Post['send']>[0];
}
