import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { Watch } from '../../bench/scenarios/daemon/run.ts';
import { families } from '../../bench/scenarios/worlds/families.ts';
import { adviceCauses } from '../../src/core/advice.ts';
import { findingKinds, ruleCauses } from '../../src/core/finding.ts';
import type { Now } from '../../src/core/ports.ts';
import type { UpstreamVerdict } from '../../src/core/verdict.ts';
import { table } from '../support/table.ts';
import { made } from './golden-made.ts';
import { expectGolden, folder, hashOf, heldBy, type Line, noticeLine, record, textOf } from './golden-record.ts';
import { refuses } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds } from './world.ts';

/**
 * All that the daemon says of a fixed choice of worlds, byte for byte: findings, advice and messages as lines of JSON, and
 * the page of metrics. A refactoring that changes no behaviour changes none of it. UPDATE_GOLDEN=1 rewrites.
 */

afterEach(stopWorlds);

/** Worlds in which clients take the advice. */
const accepting = ['short-outage', 'two-mirrors-slow'];

/**
 * Families of scenarios, one seed each, and the minutes that are played: until some time after their last finding. Of
 * the families with the same kinds of findings and advice, the one with the fewest probes.
 */
const stored = table<Record<string, number>>('daemon/golden', 'stored');

it.each(Object.entries(stored))('%s', (name, minutes) => {
  const family = families.find((one) => one.name === name);
  if (family === undefined) throw new Error(`no family ${name}`);
  const world = { ...family.make(1), durationMs: minutes * 60_000 };
  const blockers = watchBlockers();
  const lines = record(world, { accepts: accepting.includes(name), turned: blockers.turned });
  expectGolden(`${name}.jsonl`, textOf(lines));
  // While no switch is advised, the record of the judge names what blocks each mirror.
  expect(blockers.silent).toEqual([]);
  expect(blockers.records()).toBeGreaterThan(100);
});

/** Reads the records of every fifth turn: more often costs more than the world itself. */
function watchBlockers() {
  const silent: string[] = [];
  let turns = 0;
  let records = 0;
  const read = ({ head, mirrors, advice }: UpstreamVerdict, { monotonicMs }: Now): void => {
    records += 1;
    if (head === null || advice.some(({ state }) => state === 'proposed')) return;
    for (const { registry, blocker } of mirrors)
      if (registry !== head && blocker === null) silent.push(`${monotonicMs}: ${registry}`);
  };
  const turned: Watch['turned'] = ({ advisor }, now) => {
    turns += 1;
    if (turns % 5 === 0) for (const one of advisor.verdicts()) read(one, now);
    return false;
  };
  return { silent, records: () => records, turned };
}

it.each(Object.entries(made))('%s', (name, play) => expectGolden(`${name}.jsonl`, textOf(play())));

it('a whole daemon: what it sends, what its API says in two languages, and its page of metrics', async () => {
  const script: Parameters<typeof startWorld>[0]['script'] = (asked) => {
    const second = asked.atMs / 1000;
    if (asked.registry === 'a' && second >= 120 && second < 240) return 1_500;
    if (asked.registry === 'a' && second >= 600 && second < 720) return refuses;
    if (asked.registry === 'b' && second >= 900 && asked.path.endsWith('.zip')) return { status: 500, body: 'down' };
    if (asked.registry === 'c' && second >= 60 && asked.path.endsWith('.mod')) return { status: 403, body: 'no' };
    return well(asked);
  };
  const world = await startWorld({ yaml: threeMirrors({ more: 'advise: { hold: 2m }' }), script });
  await world.seconds(1_500);
  const lines: Line[] = world.posts.map(({ id, body, atSeconds }) =>
    noticeLine(id, JSON.stringify(body), Math.round(1_000 * atSeconds)),
  );
  for (const path of ['findings?state=all', 'advice?state=all', 'mirrors', 'vantage'])
    for (const language of ['en', 'zh']) {
      const { status, text } = await world.get(`/api/v1/${path}`, { 'accept-language': language });
      lines.push({ path, language, status, bytes: text.length, sha256: hashOf(text) });
    }
  const { text } = await world.get('/metrics');
  expectGolden('whole-daemon.jsonl', textOf(lines));
  expectGolden('whole-daemon.metrics.txt', condensed(text));
});

/** What another process, or the same at another hour, would say otherwise. */
const ofTheProcess = /^(process_|nodejs_)|_memory|_seconds_total\{.*cpu/;

/** A page of metrics that is not read by the eye: each value that is neither 0 nor of a bucket, and the hash of all lines of each family. */
function condensed(page: string): string {
  const families = new Map<string, string[]>();
  let family = '';
  for (const line of page.trimEnd().split('\n')) {
    if (line.startsWith('# HELP ')) family = line.split(' ')[2] ?? '';
    if (!ofTheProcess.test(family)) families.set(family, [...(families.get(family) ?? []), line]);
  }
  return [...families]
    .flatMap(([name, lines]) => [
      `# ${name}: ${lines.length} lines, ${hashOf(lines.join('\n'))}`,
      ...lines.filter((line) => !line.startsWith('#') && !line.endsWith(' 0') && !line.includes('_bucket{')),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

it('holds every kind of finding, and what becomes of findings and advice', () => {
  const held = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl')))
    for (const one of heldBy(readFileSync(`${folder}/${file}`, 'utf8'))) held.add(one);
  const wanted = [
    ...findingKinds.map((kind) => `finding ${kind}`),
    ...ruleCauses.map((cause) => `cause ${cause}`),
    ...['opened', 'changed', 'closed', 'acknowledged'].map((change) => `finding ${change}`),
    ...['proposed', 'accepted', 'superseded', 'withdrawn', 'refused', 'dismissed'].map((change) => `advice ${change}`),
    ...adviceCauses.filter((cause) => !notHeld.includes(cause)).map((cause) => `advice for ${cause}`),
  ];
  expect(wanted.filter((one) => !held.has(one))).toEqual(withTestsOfTheirOwn);
});

/** Findings that none of these worlds has: test/unit/detect/capability.test.ts and withdrawn.test.ts hold them. */
const withTestsOfTheirOwn: readonly string[] = ['finding capability', 'cause stripped', 'cause withdrawn'];

/** Causes of advice that none of these worlds brings: the tests of the stage hold them. */
const notHeld: readonly string[] = ['spike', 'level_shift', 'throughput', 'lag', 'slo'];
