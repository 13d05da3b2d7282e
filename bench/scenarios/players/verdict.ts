import type { Answer, Question } from '../world.ts';

/**
 * True if a response is of no use to a client. The reason `absent` is no failure at the steps `latest` and `sumdb`
 * (docs/reasons.md).
 */
export function isFailure(question: Question, answer: Answer): boolean {
  if (answer.reason === null) return false;
  if (answer.reason === 'absent') return question.step !== 'latest' && question.step !== 'sumdb';
  return true;
}
