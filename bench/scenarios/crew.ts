import { Worker } from 'node:worker_threads';
import type { Result, Task } from './play.ts';
import type { Score } from './report/score.ts';

/**
 * Plays all tasks on worker threads; a free thread takes the next task.
 * @returns the scores in the order of the tasks
 * @throws what a worker throws
 */
export async function playAll(
  tasks: readonly Task[],
  threads: number,
  onDone: (done: number, scores: readonly Score[]) => void,
): Promise<readonly Score[]> {
  const scores = tasks.map((): readonly Score[] => []);
  let next = 0;
  let done = 0;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./play.ts', import.meta.url));
      let place = -1;
      const take = () => {
        place = next;
        next += 1;
        const task = tasks[place];
        if (task) worker.postMessage(task);
        else worker.terminate().then(() => resolve(), reject);
      };
      worker.on('error', reject);
      worker.on('message', (result: Result) => {
        scores[place] = result.scores;
        done += 1;
        onDone(done, result.scores);
        take();
      });
      take();
    });
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work));
  return scores.flat();
}
