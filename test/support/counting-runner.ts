import { type RunnerTestFile, type RunnerTestSuite, TestRunner } from 'vitest';
import { removeTempDirs } from './paths.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** What a file used of the CPU in its worker, all threads, seconds; without the programs that it started. */
    cpuSeconds?: number;
  }
}

/**
 * Counts the CPU time of each test file, which a busy machine changes far less than its duration. Removes the temporary
 * folders of the file at its end.
 */
export default class CountingRunner extends TestRunner {
  private begun = process.cpuUsage();

  override onCollectStart(file: RunnerTestFile): void {
    this.begun = process.cpuUsage();
    super.onCollectStart(file);
  }

  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    if ('filepath' in suite) {
      const { user, system } = process.cpuUsage(this.begun);
      suite.meta.cpuSeconds = (user + system) / 1e6;
    }
    await super.onAfterRunSuite(suite);
    if ('filepath' in suite) removeTempDirs();
  }
}
