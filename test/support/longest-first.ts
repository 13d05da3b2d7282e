import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { repoDir } from './paths.ts';
import { longest } from './tiers.ts';

/**
 * The order of files in a group: those that wait longest, then the others as vitest has them. Files that share their
 * workers come in one row: a worker ends where the next file is one that wants its own.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.indexOf(relative(repoDir, moduleId));
      return at === -1 ? longest.length : at;
    };
    const row = (file: TestSpecification): number =>
      file.project.config.isolate ? (place(file) < longest.length ? 0 : 2) : 1;
    return sorted.toSorted((a, b) => group(a) - group(b) || row(a) - row(b) || place(a) - place(b));
  }
}
