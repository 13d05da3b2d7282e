import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { replyWith } from '../../src/advise/answer.ts';
import type { Reason } from '../../src/core/failure.ts';
import { parseGoproxy, walkGoproxy } from '../../src/ecosystems/go/client.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import type { Fault } from '../support/faults.ts';
import { goDownload } from '../support/go-client.ts';
import { real } from '../support/requires.ts';
import { expectGolden } from '../unit/cli/golden.ts';

const module = 'example.com/hello';
const version = 'v1.0.0';

/** What the first of two does to the body of a 200, and what our probe says of it; `null`: it is fine. */
const faults: Readonly<Record<string, readonly [Fault, Reason | null]>> = {
  'a flipped byte': [{ kind: 'corrupt' }, 'mismatch'],
  'a page of HTML': [{ kind: 'html' }, 'wrong_content'],
  'no byte': [{ kind: 'empty' }, 'malformed'],
  'cut by a close': [{ kind: 'close-mid-body' }, 'cut'],
  'cut by a reset': [{ kind: 'reset-mid-body' }, 'cut'],
  'more than announced': [{ kind: 'body-longer' }, 'malformed'],
  'another content type': [{ kind: 'wrong-type' }, null],
};
/** Our probe fails what is longer than announced, whatever follows it; the go command reads as far as announced. */
const isStricter = (fault: string): boolean => fault === 'more than announced';

real('the real go command and bodies that are wrong', ['go'], () => {
  let near: FakeMirror;
  let far: FakeMirror;
  beforeAll(async () => {
    far = await startFakeMirror();
    near = await startFakeMirror({ sumdb: far.sumdb });
  });
  afterAll(async () => {
    for (const server of [near, far]) await server?.close();
  });
  afterEach(() => near.setFault(null));

  test('end where our walk ends, by the table (UPDATE_GOLDEN=1 rewrites)', async () => {
    const rows = ['wrong in the body | of | near,far | near\\|far', '--- | --- | --- | ---'];
    for (const [name, [fault, reason]] of Object.entries(faults)) {
      for (const step of ['info', 'mod', 'zip']) {
        await near.setFault(fault, { path: new RegExp(`\\.${step}$`) });
        const reply = replyWith(reason, 200, 1, step === 'zip' ? 'heavy' : 'light');
        const came: string[] = [];
        for (const separator of [',', '|']) {
          const goproxy = `${near.url}${separator}${far.url}`;
          const done = await goDownload([`${module}@${version}`], { goproxy, sumdb: far.sumdb?.verifierKey ?? 'off' });
          const chain = parseGoproxy(goproxy);
          if (chain.tag === 'error') throw new Error(chain.error.kind);
          const end = walkGoproxy(chain.value, ({ plain }) => (plain === near.url ? reply : { tag: 'ok', tookMs: 1 }));
          const real = done.code === 0 ? 'ok' : 'failed';
          if (!isStricter(name)) expect([name, step, separator, end.tag]).toEqual([name, step, separator, real]);
          came.push(real);
        }
        rows.push([name, `.${step}`, ...came].join(' | '));
      }
    }
    expectGolden('go-walk-of-bodies.golden.txt', `${rows.join('\n')}\n`);
  });
});
