import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replyToFailure } from '../../src/advise/comparison/walk.ts';
import type { HopResponse, Wire } from '../../src/core/ports.ts';
import type { Reply } from '../../src/ecosystems/client.ts';
import { parseGoproxy, walkGoproxy } from '../../src/ecosystems/go/client.ts';
import { reasonOf } from '../../src/probe/classify.ts';
import { accessTo, hopOf, realWire } from '../fault/own-wire.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { type GoDownload, goDownload } from '../support/go-client.ts';
import { type H2Fault, h2Faults, startFaultyH2 } from '../support/h2-faults.ts';
import { inTurn } from '../support/in-turn.ts';
import { repoDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';
import { moduleAnswers, syntheticModules } from '../support/synthetic-modules.ts';

// What the real go command does at each fault of HTTP/2, beside our verdict on the same server: the table of docs/http2.md.

const moduleVersion = 'example.com/hello@v1.0.0';
const page = join(repoDir, 'docs', 'http2.md');
/** Where it waits without an end it is stopped after so long. */
const endlessMs = 15_000;
const stallMs = 500;

/** The sound responses, in the order in which go asks for them. */
const bodies = ['info', 'mod', 'zip'].map((kind) => {
  const answer = moduleAnswers(syntheticModules).get(`/example.com/hello/@v/v1.0.0.${kind}`);
  if (answer === undefined) throw new Error(`no ${kind}`);
  return answer.body;
});

/** What we say of a response, and what the walk is told of it. */
type Verdict = { readonly said: string; readonly reply: Reply };

function verdict({ hop }: HopResponse): Verdict {
  if (hop.fault !== null) {
    const ended = reasonOf(hop.fault, { hops: 1, limitBytes: 1, limitMs: 1 });
    if (ended.tag !== 'failed') throw new Error(`unknown: ${ended.because}`);
    return { said: `\`${ended.failure.kind}\``, reply: replyToFailure(ended.failure, hop.status ?? null, 1) };
  }
  if (hop.status !== 200)
    return { said: `\`status\` ${hop.status}`, reply: { tag: 'failed', tookMs: 1, status: hop.status ?? null } };
  const said = hop.repeated === undefined ? 'ok' : `ok, repeated after \`${hop.repeated}\``;
  return { said, reply: { tag: 'ok', tookMs: 1 } };
}

function walked(separator: ',' | '|', reply: Reply): string {
  const [near, far] = ['https://near.example.com', 'https://far.example.com'];
  const chain = parseGoproxy(`${near}${separator}${far}`);
  if (chain.tag === 'error') throw new Error(chain.error.kind);
  return walkGoproxy(chain.value, ({ plain }) => (plain === near ? reply : { tag: 'ok', tookMs: 1 })).tag;
}

/** Two requests of one conversation; the second only after a sound first one. */
async function ours(wire: Wire, fault: H2Fault): Promise<Verdict> {
  const server = await startFaultyH2(fault, bodies);
  const line = wire.open(accessTo(server.url, { protocols: ['2', '1.1'] }), 'cold');
  try {
    const more = fault.isStall === true ? { limitMs: stallMs } : {};
    const first = await hopOf(line, `${server.url}/x`, more);
    const heard = verdict(first);
    if (heard.said !== 'ok') return heard;
    return verdict(await hopOf(line, `${server.url}/x`, { ...more, startMs: first.hop.marks.end }));
  } finally {
    line.close();
    await server.close();
  }
}

async function goes(fault: H2Fault, separator: ',' | '|', far: FakeMirror): Promise<GoDownload> {
  const near = await startFaultyH2(fault, bodies);
  try {
    const limit = fault.endless?.includes(separator) === true ? { timeoutMs: endlessMs } : {};
    return await goDownload([moduleVersion], { goproxy: `${near.url}${separator}${far.url}`, ...limit });
  } finally {
    await near.close();
  }
}

/** The error as go prints it, without the module and the URL. */
function textOf({ errors }: GoDownload): string {
  const [text = ''] = errors;
  return text.replace(/^\S+@\S+: /, '').replace(/^(Get|read|reading) "?https:[^ "]*[a-z]"?: /, '');
}

const endOf = (done: GoDownload, isEndless: boolean): string =>
  isEndless && done.code === -1 ? 'over 15 s' : done.code === 0 ? 'works' : 'fails';

real('the real go command at faults of HTTP/2', ['go'], () => {
  let far: FakeMirror;
  const wire = realWire();
  beforeAll(async () => {
    far = await startFakeMirror();
  });
  afterAll(async () => {
    wire.close();
    await far?.close();
  });

  test('ends as the table of docs/http2.md says (UPDATE_GOLDEN=1 rewrites)', async () => {
    const rows = await inTurn(6, h2Faults, async (fault) => {
      const { said, reply } = await ours(wire, fault);
      const ends = [];
      let text = '';
      for (const separator of [',', '|'] as const) {
        const done = await goes(fault, separator, far);
        ends.push(endOf(done, fault.endless?.includes(separator) === true));
        // Behind `|` go works after 64 s.
        const isLate = fault.name === 'REFUSED_STREAM always' && separator === '|';
        const walk = isLate ? 'ok' : ends.at(-1) === 'works' ? 'ok' : 'failed';
        expect([fault.name, separator, walked(separator, reply)]).toEqual([fault.name, separator, walk]);
        if (separator === ',') text = textOf(done);
      }
      // A mirror that go cannot use is never well for us, and the other way round.
      expect([fault.name, said.startsWith('ok')]).toEqual([fault.name, ends[0] === 'works']);
      return `| ${[fault.name, ends[0], text === '' ? '' : `\`${text}\``, ends[1], said].join(' | ')} |`;
    });
    const table = [
      '| fault | go behind `,` | its error | behind `\\|` | our probe |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ];
    const text = readFileSync(page, 'utf8');
    const held = text.replace(/(<!-- go: .* -->\n)[\s\S]*(<!-- go: end -->)/, `$1\n${table.join('\n')}\n\n$2`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, held);
    expect(held).toContain(table[2]);
    expect(readFileSync(page, 'utf8')).toBe(held);
  });
});
