import { afterAll, onTestFinished, TestRunner } from 'vitest';

/** Closes what was opened at the end of the test that opened it, else of the file or suite, and returns it. */
export function closeAtEnd<T extends { close(): unknown }>(opened: T): T {
  const close = async () => void (await opened.close());
  if (TestRunner.getCurrentTest() === undefined) afterAll(close);
  else onTestFinished(close);
  return opened;
}
