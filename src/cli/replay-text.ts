import type { KeyChange } from '../config/overlay.ts';
import { printable } from '../core/printable.ts';
import { durationText } from '../core/units.ts';
import type { Ground, Replayed, Version } from '../daemon/replay/replay.ts';
import { type Terminal, table } from './terminal.ts';

/** What the command was asked, to be said with its answer. */
export interface About {
  readonly file: string;
  readonly changes: readonly KeyChange[];
  /** What became different by them; empty: nothing. */
  readonly changedKeys: readonly string[];
  readonly failureCostMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The versions with their names, in the order in which they are shown. */
function named({ really, current, changed }: Replayed): readonly (readonly [name: string, version: Version])[] {
  return [['really', really], ['as it is', current], ...(changed === null ? [] : [['changed', changed] as const])];
}

/** Tables for people: what was and would have been advised, what it comes to, and what cannot be known. */
export function replayLines(replayed: Replayed, about: About, terminal: Pick<Terminal, 'paint'>): string[] {
  const versions = named(replayed);
  const stories = versions
    .flatMap(([name, version]) => version.stories.map((story) => ({ name, story })))
    // To the second, as it is shown: what came together stands in the order of the versions.
    .toSorted((a, b) => Math.floor(a.story.issuedAtMs / 1000) - Math.floor(b.story.issuedAtMs / 1000));
  const moves = table(
    ['time', 'settings', 'upstream', 'from', 'to', 'cause', 'before', 'after', 'ended'],
    stories.map(({ name, story }) => [
      stamp(story.issuedAtMs),
      name,
      printable(`${story.ecosystem}/${story.upstream}`),
      printable(story.from),
      printable(story.to),
      story.cause,
      seconds(story.costSeconds.before),
      seconds(story.costSeconds.after),
      story.endedAtMs === null ? 'stands' : `${endWord(story.state)} ${stamp(story.endedAtMs)}`,
    ]),
    new Set([6, 7]),
  );
  const sums = table(
    ['settings', 'advice', 'moves', 'refusals', 'away from home', 'a fetch', 'failed fetches'],
    versions.map(([name, version]) => [
      name,
      String(version.stories.length),
      String(version.moves),
      String(version.refusals),
      away(version.awayMs),
      seconds(version.fetchCostSeconds),
      String(version.failedFetches),
    ]),
    new Set([1, 2, 3, 4, 5, 6]),
  );
  const changes = about.changes.map(({ key, value }) => `${key}=${shownValue(value)}`).join(' ');
  const head = `${about.file}, ${stamp(replayed.ground.fromMs)} to ${stamp(replayed.ground.toMs)} (UTC)`;
  return [
    terminal.paint('bold', printable(head)),
    ...(changes === '' ? [] : [printable(changedLine(changes, replayed))]),
    '',
    ...(stories.length === 0 ? ['no advice, neither really nor in the replay'] : moves),
    '',
    ...sums,
    '',
    ...notes(replayed, about),
  ];
}

function changedLine(changes: string, { changed }: Replayed): string {
  return changed === null ? `${changes} changes nothing: that is what is in force` : `changed: ${changes}`;
}

/** What the numbers rest on, and what a replay cannot know. */
function notes(replayed: Replayed, { failureCostMs }: About): string[] {
  const { ground } = replayed;
  const isCut = ground.oldestMs - ground.fromMs >= minuteMs;
  const isWarm = ground.fromMs - ground.warmedFromMs >= minuteMs;
  return [
    `${ground.answers} answers${isCut ? `; none are kept from before ${stamp(ground.oldestMs)}, so the window begins there` : ''}${isWarm ? `; what came since ${stamp(ground.warmedFromMs)} was played to warm up` : ''}.`,
    'before and after: what one fetch was expected to take when it was advised.',
    `a fetch: the mean of ${ground.fetches} fetches, of each module as often as canaries come, each walked through the chain that the remedy named just then, over each mirror's latest answers; a failed one counts ${durationText(failureCostMs)} (advise.failureCost as it is). The same fetches, and the same measure, for each line.`,
    'What a replay cannot know: confirming rounds, looks, second looks and peeks follow from what is judged, so other settings would have asked other questions.',
    `${ground.outOfTurn} of the answers were asked in such rounds.`,
    ...named(replayed).flatMap(([name, { outOfTurn }]) =>
      outOfTurn === null
        ? []
        : [
            `  ${name}: ${outOfTurn.heard} of them asked again, ${outOfTurn.unwanted} left out as not asked for, ${outOfTurn.unasked} questions without an answer because nobody asked then.`,
          ],
    ),
    ...limitsOf(ground),
  ];
}

function limitsOf(ground: Ground): string[] {
  const { otherSettings, leftOut, lives, gaps, pauses } = ground;
  return [
    ...(otherSettings > 0
      ? [
          `${otherSettings} answers were taken under another configuration than this: advice "really" given then followed that one.`,
        ]
      : []),
    ...(leftOut > 0
      ? [`${leftOut} answers of mirrors or modules that the configuration does not have are left out.`]
      : []),
    ...(lives > 1 ? [`The daemon was started ${lives} times; each start is played, on what was known before.`] : []),
    ...(gaps > 0 ? [`${gaps} times it stood still or a clock jumped; those minutes are played as such.`] : []),
    ...(pauses > 0
      ? [`${pauses} pauses by hand are played as they were; maintenance is played as configured now.`]
      : []),
    'Alerts of an Alertmanager are not kept: advice that rested on one is missing from the replay.',
  ];
}

/** The same as data; stamps are RFC 3339. */
export function replayJson(replayed: Replayed, about: About): unknown {
  const { ground } = replayed;
  return {
    state: about.file,
    set: Object.fromEntries(about.changes.map(({ key, value }) => [key, shownValue(value)])),
    changedKeys: about.changedKeys,
    since: iso(ground.fromMs),
    until: iso(ground.toMs),
    history: {
      oldest: iso(ground.oldestMs),
      warmedFrom: iso(ground.warmedFromMs),
      answers: ground.answers,
      outOfTurn: ground.outOfTurn,
      leftOut: ground.leftOut,
      otherSettings: ground.otherSettings,
      starts: ground.lives,
      gaps: ground.gaps,
      pauses: ground.pauses,
      fetches: ground.fetches,
    },
    really: versionJson(replayed.really),
    current: versionJson(replayed.current),
    changed: replayed.changed === null ? null : versionJson(replayed.changed),
  };
}

function versionJson(version: Version): unknown {
  const { stories, refusals, moves, awayMs, fetchCostSeconds, failedFetches, outOfTurn } = version;
  return {
    advice: stories.map((story) => ({
      issuedAt: iso(story.issuedAtMs),
      ecosystem: story.ecosystem,
      upstream: story.upstream,
      from: story.from,
      to: story.to,
      cause: story.cause,
      fetchCostSeconds: story.costSeconds,
      chain: story.chainAfter,
      state: story.state,
      endedAt: story.endedAtMs === null ? null : iso(story.endedAtMs),
      reason: story.reason,
    })),
    refusals,
    moves,
    awaySeconds: awayMs / 1000,
    fetchCostSeconds,
    failedFetches,
    outOfTurn,
  };
}

/** A chain may hold credentials. */
function shownValue(value: string): string {
  return value.replace(/\/\/[^/@]*@/g, '//***@');
}

function endWord(state: string): string {
  return state === 'proposed' || state === 'accepted' ? 'expired' : state;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function stamp(ms: number): string {
  return iso(ms).slice(0, 19).replace('T', ' ');
}

function seconds(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

function away(ms: number): string {
  return ms >= hourMs ? `${(ms / hourMs).toFixed(1)} h` : `${(ms / minuteMs).toFixed(1)} m`;
}
