import type { KeyChange } from '../../config/overlay.ts';
import { partOf } from '../../core/part.ts';
import { printable } from '../../core/printable.ts';
import { maskChain } from '../../core/secret.ts';
import { formatDuration } from '../../core/units.ts';
import { stamp } from '../../core/views.ts';
import type { Context } from '../../terminal/context.ts';
import { table } from '../../terminal/terminal.ts';
import { type Say, sayNamed } from '../../words/words.ts';
import type { Ground, Replayed, Version } from './replay.ts';

export interface AboutReplay {
  readonly file: string;
  readonly changes: readonly KeyChange[];
  readonly changedKeys: readonly string[];
  readonly failureCostMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function named(
  { really, current, changed }: Replayed,
  say: Say,
): readonly (readonly [name: string, version: Version])[] {
  return [
    [say('replay.really'), really],
    [say('replay.current'), current],
    ...(changed === null ? [] : [[say('replay.changed'), changed] as const]),
  ];
}

export function replayLines(
  replayed: Replayed,
  about: AboutReplay,
  { terminal, say }: Pick<Context, 'terminal' | 'say'>,
): string[] {
  const versions = named(replayed, say);
  const { ground } = replayed;
  const stories = versions
    .flatMap(([name, version]) => version.stories.map((story) => ({ name, story })))
    // Times are shown in seconds, so they are compared in seconds. Rows of the same second are ordered by version.
    .toSorted((a, b) => Math.floor(a.story.issuedAtMs / 1000) - Math.floor(b.story.issuedAtMs / 1000));
  const moves = table(
    (['time', 'settings', 'upstream', 'from', 'to', 'cause', 'before', 'after', 'ended'] as const).map((word) =>
      say(`replay.${word}`),
    ),
    stories.map(({ name, story }) => [
      toSecond(story.issuedAtMs),
      name,
      `${story.ecosystem}/${story.upstream}`,
      story.from,
      story.to,
      story.cause,
      seconds(story.expected.fetchCostSeconds.before),
      seconds(story.expected.fetchCostSeconds.after),
      story.endedAtMs === null
        ? say('replay.stands')
        : say('replay.endedAt', {
            state: stateText(['proposed', 'accepted'].includes(story.state) ? 'expired' : story.state, say),
            at: toSecond(story.endedAtMs),
          }),
    ]),
    new Set([6, 7]),
  );
  const sums = table(
    (['settings', 'advice', 'moves', 'refusals', 'away', 'fetch', 'failedFetches'] as const).map((word) =>
      say(`replay.${word}`),
    ),
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
  const changes = about.changes.map(({ key, value }) => `${key}=${maskChain(value)}`).join(' ');
  const head = say('replay.head', { file: about.file, from: toSecond(ground.fromMs), to: toSecond(ground.toMs) });
  return [
    terminal.paint('bold', printable(head)),
    ...(changes === ''
      ? []
      : [printable(say(replayed.changed === null ? 'replay.nothingChanged' : 'replay.changes', { changes }))]),
    '',
    ...(stories.length === 0 ? [say('replay.none')] : moves.map((line) => printable(line))),
    '',
    ...sums,
    '',
    ...notes(replayed, about, say),
  ];
}

function notes(replayed: Replayed, { failureCostMs }: AboutReplay, say: Say): string[] {
  const { ground } = replayed;
  const isCut = ground.oldestMs - ground.fromMs >= minuteMs;
  const isWarm = ground.fromMs - ground.warmedFromMs >= minuteMs;
  return [
    say('replay.answers', {
      count: ground.responses,
      cut: isCut ? say('replay.cut', { at: toSecond(ground.oldestMs) }) : '',
      warm: isWarm ? say('replay.warm', { at: toSecond(ground.warmedFromMs) }) : '',
    }),
    say('replay.note.before'),
    say('replay.note.fetch', { count: ground.fetches, cost: formatDuration(failureCostMs) }),
    say('replay.note.unknown'),
    say('replay.note.outOfTurn', { count: ground.outOfTurn }),
    ...named(replayed, say).flatMap(([name, { outOfTurn }]) =>
      outOfTurn === null ? [] : [noteOf(name, outOfTurn, say)],
    ),
    ...limitsOf(ground, say),
  ];
}

function noteOf(name: string, outOfTurn: NonNullable<Version['outOfTurn']>, say: Say): string {
  const { unwanted, received: kept, unrequested: missing } = outOfTurn;
  return say('replay.note.version', { name, unwanted, kept, missing });
}

function limitsOf(ground: Ground, say: Say): string[] {
  const { otherSettings, leftOut, lives, gaps, pauses } = ground;
  return [
    ...(otherSettings > 0 ? [say('replay.note.otherSettings', { count: otherSettings })] : []),
    ...(leftOut > 0 ? [say('replay.note.leftOut', { count: leftOut })] : []),
    ...(lives > 1 ? [say('replay.note.lives', { count: lives })] : []),
    ...(gaps > 0 ? [say('replay.note.gaps', { count: gaps })] : []),
    ...(pauses > 0 ? [say('replay.note.pauses', { count: pauses })] : []),
    say('replay.note.alerts'),
  ];
}

/** Returns the result of a replay as data. Times are in RFC 3339. */
export function replayJson(replayed: Replayed, about: AboutReplay): unknown {
  const { ground } = replayed;
  return {
    state: about.file,
    set: Object.fromEntries(about.changes.map(({ key, value }) => [key, maskChain(value)])),
    changedKeys: about.changedKeys,
    since: stamp(ground.fromMs),
    until: stamp(ground.toMs),
    history: {
      oldest: stamp(ground.oldestMs),
      warmedFrom: stamp(ground.warmedFromMs),
      answers: ground.responses,
      ...partOf(ground, 'outOfTurn', 'leftOut', 'otherSettings'),
      starts: ground.lives,
      ...partOf(ground, 'gaps', 'pauses', 'fetches'),
    },
    really: versionJson(replayed.really),
    current: versionJson(replayed.current),
    changed: replayed.changed === null ? null : versionJson(replayed.changed),
  };
}

function versionJson(version: Version): unknown {
  return {
    advice: version.stories.map((story) => ({
      issuedAt: stamp(story.issuedAtMs),
      ...partOf(story, 'ecosystem', 'upstream', 'from', 'to', 'cause'),
      fetchCostSeconds: story.expected.fetchCostSeconds,
      chain: story.chain.after,
      state: story.state,
      endedAt: stamp(story.endedAtMs),
      reason: story.reason,
    })),
    ...partOf(version, 'refusals', 'moves'),
    awaySeconds: version.awayMs / 1000,
    ...partOf(version, 'fetchCostSeconds', 'failedFetches', 'outOfTurn'),
  };
}

function stateText(state: string, say: Say): string {
  return sayNamed(say, `advised.state.${state}`) ?? state;
}

function toSecond(ms: number): string {
  return stamp(ms).slice(0, 19).replace('T', ' ');
}

function seconds(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

function away(ms: number): string {
  return ms >= hourMs ? `${(ms / hourMs).toFixed(1)} h` : `${(ms / minuteMs).toFixed(1)} m`;
}
