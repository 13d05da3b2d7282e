import type { Reporter, TestModule, TestSuite } from 'vitest/node';

/** Says at the end of a run which suites were left out, so that nobody takes a short run for the whole. */
export class Skips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const left = modules.flatMap((module) => [...module.children.suites()].filter(isLeftOut));
    if (left.length === 0) return;
    const tests = left.reduce((sum, suite) => sum + [...suite.children.allTests()].length, 0);
    console.warn(`\nSKIPPED ${left.length} suites with ${tests} tests (.ci/run skips none):`);
    for (const { name } of left) console.warn(`  ${name}`);
  }
}

/** The suites of test/support/requires.ts that it skips. */
function isLeftOut(suite: TestSuite): boolean {
  return suite.name.includes('(skipped: ');
}
