import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { repoDir } from './paths.ts';

/** Files that take twenty seconds or longer, the longest first: begun last, one of them would keep a whole run waiting. */
export const longest: readonly string[] = [
  'test/real/loop.test.ts',
  'test/real/door-printed-builds.test.ts',
  'test/real/page-eyes.test.ts',
  'test/real/pnpm-yarn.test.ts',
  'test/real/netem.test.ts',
  'test/real/package.test.ts',
  'test/real/demo.test.ts',
  'test/real/go-mirrors.test.ts',
  'test/real/go-http2.test.ts',
  'test/real/soak.test.ts',
  'test/real/pypi-clients.test.ts',
  'test/real/fleet.test.ts',
  'test/real/stack.test.ts',
  'test/real/dns.test.ts',
  'test/real/go-h2-build.test.ts',
  'test/real/state.test.ts',
  'test/unit/features/actions/merge-request.test.ts',
  'test/real/door-printed.test.ts',
  'test/real/default-config.test.ts',
  'test/real/clients.test.ts',
  'test/real/npm-mirrors.test.ts',
  'test/real/pypi-mirrors.test.ts',
  'test/real/page.test.ts',
  'test/real/door.test.ts',
  'test/real/offered-protocols.test.ts',
  'test/real/chats.test.ts',
  'test/real/npm-client.test.ts',
  'test/real/npx.test.ts',
  'test/daemon/http2-alone-broken.test.ts',
  'test/daemon/replay.test.ts',
  'test/daemon/all-ecosystems.test.ts',
  'test/daemon/housekeeping.test.ts',
  'test/daemon/doctor-online.test.ts',
  'test/daemon/surroundings.test.ts',
  'test/daemon/hostile-beside-good.test.ts',
  'test/daemon/client-runs.test.ts',
  'test/daemon/golden.test.ts',
  'test/daemon/families.test.ts',
];

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
