import type { Answer, Question } from '../world.ts';

/** True where an answer is no good to a client; `latest` and `sumdb` may be absent (docs/reasons.md). */
export function isFailure(question: Question, answer: Answer): boolean {
  if (answer.reason === null) return false;
  if (answer.reason === 'absent') return question.step !== 'latest' && question.step !== 'sumdb';
  return true;
}
