import { expect, test } from 'vitest';
import { goClient } from '../../src/ecosystems/go/client.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { goDownload } from '../support/go-client.ts';
import { real } from '../support/requires.ts';
import { goSumLines, syntheticModules } from '../support/synthetic-modules.ts';
import { expectWalkOfBodies } from './bodies.ts';

const [hello] = syntheticModules;
const [release] = hello?.versions ?? [];
if (hello === undefined || release === undefined) throw new Error('no module');
const at = { module: hello.path, version: release.version };
const sums = goSumLines(hello, release);

real('the real go command and bodies that are wrong', ['go'], () => {
  test('end where our walk ends, by the table (UPDATE_GOLDEN=1 rewrites)', async () => {
    const { sumdb, close } = await startFakeMirror();
    await close();
    await expectWalkOfBodies({
      name: 'go',
      client: goClient,
      start: () => startFakeMirror({ sumdb }),
      mirror: 'ecosystem: go',
      yaml: 'modules: { go: [ { from: go.sum } ] }\ngo: { sumdb: off }',
      files: { '/nowhere/go.sum': sums },
      of: {
        '.info': { path: /\.info$/, step: 'info', ...at },
        '.mod': { path: /\.mod$/, step: 'mod', ...at },
        '.zip': { path: /\.zip$/, step: 'zip', ...at },
      },
      chains: { 'near,far': (near, far) => `${near},${far}`, 'near\\|far': (near, far) => `${near}|${far}` },
      hangs: ['stalled | .info', 'stalled | .mod', 'stalled | .zip'],
      // The .zip as well: the checksum database is asked through the same mirror.
      either: ['.info', '.mod', '.zip'].map((of) => `longer than announced | ${of} | near,far`),
      async download(goproxy, { endMs }) {
        const done = await goDownload([`${at.module}@${at.version}`], {
          goproxy,
          sumdb: sumdb?.verifierKey ?? 'off',
          ...(endMs === undefined ? {} : { timeoutMs: endMs }),
        });
        if (done.code === 0) expect(sums).toContain(done.modules[0]?.sum);
        return done;
      },
      differs: [],
    });
  });
});
