/** A body with this text hangs the thread of `hanging-worker.ts` that reads it. */
export const hangMark = 'never ends';
