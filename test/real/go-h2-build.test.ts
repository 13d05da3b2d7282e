import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { HopResponse, Line } from '../../src/core/ports.ts';
import { type BuildState, updateBuilds } from '../../src/detect/findings/builds.ts';
import { reasonOf } from '../../src/probe/classify.ts';
import { accessTo, hopOf, realWire } from '../fault/own-wire.ts';
import { goDownload } from '../support/go-client.ts';
import { type H2BuildFault, h2BuildFaults, startBuildMirror } from '../support/h2-build-faults.ts';
import { inTurn } from '../support/in-turn.ts';
import { repoDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';
import { moduleAnswers, type SyntheticModule } from '../support/synthetic-modules.ts';
import { aTarget } from '../unit/detect/world.ts';

// What the real go command does at faults that one stream at a time does not show, beside our single probes and our builds
// on the same server: the second table of docs/http2.md.

const page = join(repoDir, 'docs', 'http2.md');
const size = 8;
const endlessMs = 15_000;
const stallMs = 1_000;
const floorMs = 800;

/** Their zips are 16 KiB each: eight of them are more than a connection's first window. */
const modules: readonly SyntheticModule[] = Array.from({ length: size }, (_, n) => ({
  path: `example.com/m${n}`,
  versions: [
    {
      version: 'v1.0.0',
      time: '2024-01-02T03:04:05Z',
      goMod: `module example.com/m${n}\n\ngo 1.21\n`,
      files: { 'a.go': `package m\n\n// ${'x'.repeat(16 * 1024)}\n` },
    },
  ],
}));
const answers = moduleAnswers(modules);

const wire = realWire();
afterAll(() => wire.close());

function verdict({ hop }: HopResponse): string {
  if (hop.fault === null) return hop.repeated === undefined ? 'ok' : `ok, repeated after \`${hop.repeated}\``;
  const ended = reasonOf(hop.fault, { hops: 1, limitBytes: 1, limitMs: 1 });
  return ended.tag === 'failed' ? `\`${ended.failure.kind}\`` : 'unknown';
}

async function hops(line: Line, urls: readonly string[], limitMs?: number): Promise<readonly HopResponse[]> {
  const more = limitMs === undefined ? {} : { limitMs };
  const answered: HopResponse[] = [];
  try {
    if (line.joined !== undefined) expect(await line.joined(endlessMs)).toBe(true);
    for (const url of urls) answered.push(await hopOf(line, url, more));
  } finally {
    line.close();
  }
  return answered;
}

const distinct = (said: readonly string[]): string => [...new Set(said)].sort().join(' and ');
const processingOf = ({ hop: { marks, reused } }: HopResponse): number | null =>
  marks.firstByte === undefined ? null : marks.firstByte - (reused ? marks.start : (marks.secured ?? marks.start));

/** What single probes say, cold and warm, what a build of probes says, and what is found after two such builds. */
async function ours(fault: H2BuildFault, at: string): Promise<readonly string[]> {
  const access = accessTo(at, { protocols: ['2', '1.1'] });
  const limitMs = fault.isStall === true ? stallMs : undefined;
  const urls = modules.map(({ path }) => `${at}/${path}/@v/v1.0.0.zip`);
  const [url = ''] = urls;
  const alone = [
    ...(await hops(wire.open(access, 'cold'), [url])),
    ...(await hops(wire.open(access, 'warm'), [url, url])),
  ];
  const aloneMs = processingOf(alone[0] as HopResponse);
  const build = { id: at, size };
  const lines = urls.map((_, n) => wire.open(access, n === 0 ? 'cold' : 'warm', { build }));
  const [, ...rest] = (await Promise.all(lines.map((line, n) => hops(line, [urls[n] ?? ''], limitMs)))).flat();
  let state: BuildState | null = null;
  for (const id of ['first', 'second'])
    for (const answer of rest) {
      const { fault: wireFault, repeated } = answer.hop;
      const ended = wireFault === null ? null : reasonOf(wireFault, { hops: 1, limitBytes: 1, limitMs: 1 });
      const reason = ended?.tag === 'failed' ? ended.failure.kind : null;
      const said = { reason, isMoved: repeated === 'goaway', ms: processingOf(answer), aloneMs, bytes: 100 };
      state = updateBuilds(state, { id, size }, { target: aTarget('m'), probeId: 'p', ...said }, floorMs);
    }
  const found = state?.isOpen === true ? (state.fault?.trouble ?? '') : '';
  return [distinct(alone.map(verdict)), distinct(rest.map(verdict)), found];
}

real('the real go command at faults of many streams', ['go'], () => {
  test('ends as the second table of docs/http2.md says (UPDATE_GOLDEN=1 rewrites)', async () => {
    // Where go hangs it is waited for: several at a time.
    const rows = await inTurn(6, h2BuildFaults, async (fault) => {
      const near = await startBuildMirror(fault, answers);
      const ids = modules.map(({ path }) => `${path}@v1.0.0`);
      const done = await goDownload(ids, { goproxy: near.url, parallel: size, timeoutMs: endlessMs });
      const ends = done.code === 0 ? 'works' : done.code === -1 ? 'over 15 s' : 'fails';
      const [error = ''] = done.errors;
      const text = error.replace(/^\S+@\S+: /, '').replace(/^(Get|read|reading) "?https:[^ "]*[a-z]"?: /, '');
      const short = text.replace(/\d+(?=[;,])/g, 'N').replace(/, debug=""$/, '');
      const connections = near.seen.connections === 1 ? '1' : 'many';
      const [alone = '', build = '', found = ''] = await ours(fault, near.url);
      await near.close();
      // What go cannot use, or only over many connections, is found in builds, and single probes do not show it.
      expect([fault.name, alone]).toEqual([fault.name, 'ok']);
      if (ends !== 'works' || connections === 'many') expect([fault.name, found]).not.toEqual([fault.name, '']);
      const cells = [fault.name, ends, short === '' ? '' : `\`${short}\``, connections, alone, build, found];
      return `| ${cells.join(' | ')} |`;
    });
    const table = [
      '| fault | go | its error | its connections | single probes, cold and warm | requests of our build | found |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rows,
    ];
    const text = readFileSync(page, 'utf8');
    const held = text.replace(/(<!-- builds: .* -->\n)[\s\S]*(<!-- builds: end -->)/, `$1\n${table.join('\n')}\n\n$2`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, held);
    expect(held).toContain(table[2]);
    expect(readFileSync(page, 'utf8')).toBe(held);
  });
});
