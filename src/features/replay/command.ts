import { resolve } from 'node:path';
import { listChangedKeys } from '../../config/changed-keys.ts';
import { formatIssues } from '../../config/format-issues.ts';
import { applyChanges, changeProblem, type KeyChange } from '../../config/overlay.ts';
import type { Config } from '../../core/config.ts';
import { formatDuration } from '../../core/units.ts';
import { systemClock } from '../../daemon/machine.ts';
import { type CopyFailure, copyStore, cronCalendar, storeTroubleOf } from '../../daemon/system.ts';
import { nextTurn } from '../../io/timers.ts';
import { isSoundRow } from '../../state/row-shapes.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { findText, loadNeeded, loadText, readConfigName } from '../../terminal/load.ts';
import { bar, jsonText } from '../../terminal/terminal.ts';
import { Failed, optionsOf, timeOf, UsageError, words } from '../../terminal/usage.ts';
import type { Say } from '../../words/words.ts';
import type { Replayed, ReplayFailure, replayHistory } from './replay.ts';
import { replayJson, replayLines } from './text.ts';

const options = {
  ...optionsOf('string', 'state', 'config', 'since', 'until'),
  set: { type: 'string', multiple: true },
  ...optionsOf('boolean', 'json'),
} as const;

const sinceDefaultMs = 7 * 86_400_000;

/**
 * `mirrorwatch replay`: recomputes the advice from the responses in the state file, under the current and under changed
 * settings.
 */
export const replayCommand: Command = {
  name: 'replay',
  usage: 'mirrorwatch replay [--since 7d] [--until TIME] [--set KEY=VALUE]… [--state FILE] [--config FILE] [--json]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const { terminal, say } = context;
    const changes = (values.set ?? []).map(changeIn);
    const { config } = await loadNeeded(context, values.config);
    const nowMs = systemClock.wallMs();
    const untilMs = Math.min(nowMs, timeOf('until', values.until, nowMs) ?? nowMs);
    const { keepMs, path } = config.state;
    const sinceMs = timeOf('since', values.since, nowMs) ?? Math.max(nowMs - sinceDefaultMs, nowMs - keepMs);
    if (sinceMs >= untilMs) throw new UsageError('wrong.since');
    if (values.state === undefined && nowMs - sinceMs > keepMs)
      throw new UsageError('wrong.sinceKept', { since: String(values.since), kept: formatDuration(keepMs) });
    const changed = await changedConfig(context, values.config, config, changes);
    const file = values.state === undefined ? path : resolve(context.cwd, values.state);
    const copied = copyStore(file, isSoundRow);
    if (copied.tag === 'error') throw new Failed(say('replay.failed', { file, why: copyText(copied.error, say) }), 1);
    const copy = copied.value;
    const played = await play(context, { copy, config, changed: changed.config, sinceMs, untilMs });
    copy.close();
    terminal.progress('');
    if ('kind' in played) throw new Failed(say('replay.failed', { file, why: failureText(played, say) }), 1);
    const about = { file, changes, changedKeys: changed.keys, failureCostMs: config.advise.failureCostMs };
    if (values.json) terminal.out(jsonText(replayJson(played, about)));
    else for (const line of replayLines(played, about, context)) terminal.out(line);
    return 0;
  },
};

function changeIn(text: string): KeyChange {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError('wrong.set', { text });
  const change = { key: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
  const problem = changeProblem(change);
  if (problem !== null) throw new UsageError('wrong.setKey', { problem });
  return change;
}

/**
 * Loads the configuration with the changed keys; `config: null` if they change nothing.
 * @throws Failed if the configuration cannot be read or changed, or is invalid with the changed keys
 */
async function changedConfig(
  context: Context,
  flag: string | undefined,
  config: Config,
  changes: readonly KeyChange[],
): Promise<{ readonly config: Config | null; readonly keys: readonly string[] }> {
  if (changes.length === 0) return { config: null, keys: [] };
  const found = await findText(context, flag);
  if (found.tag === 'error') throw new Failed(found.error.text, 2);
  const text = applyChanges(found.value.text, changes);
  if (text === null) throw new Failed(context.say('replay.beneath'), 2);
  const loaded = await loadText(context, text, found.value.path, {
    isForeign: readConfigName(context, flag) === undefined,
  });
  if (loaded.tag === 'error') {
    const issues = loaded.error.issues.map((issue) => ({ ...issue, line: null, column: null }));
    throw new Failed(formatIssues(issues, '--set', context.say), 2);
  }
  const { keys } = listChangedKeys(config, loaded.value.config);
  return { config: keys.length === 0 ? null : loaded.value.config, keys };
}

type PlayFailure = ReplayFailure | { readonly kind: 'corrupt' };

async function play(
  context: Context,
  input: Omit<Parameters<typeof replayHistory>[0], 'calendar' | 'progress'>,
): Promise<Replayed | PlayFailure> {
  let isStopped = false;
  context.onSignal((signal) => {
    if (signal === 'stop') isStopped = true;
  });
  const progress = async (share: number): Promise<boolean> => {
    const done = context.say('unit.percent', { value: Math.floor(100 * share) });
    context.terminal.progress(`${bar(share, 24).padEnd(24)} ${done}`);
    // The event loop gets a turn, so that it can handle signals.
    await nextTurn();
    return isStopped;
  };
  const { replayHistory: playHistory } = await import('./replay.ts');
  try {
    return await playHistory({ ...input, calendar: cronCalendar, progress });
  } catch (thrown) {
    if (storeTroubleOf(thrown).kind !== 'corrupt') throw thrown;
    return { kind: 'corrupt' };
  }
}

function copyText(failure: CopyFailure, say: Say): string {
  const { kind } = failure;
  if (kind === 'newer') return say('replay.newer', { version: failure.version, known: failure.known });
  if (kind === 'unreadable') return say('replay.unreadable', { code: failure.code });
  return kind === 'no_room' ? say('replay.noRoom', { code: failure.code }) : say(`replay.${kind}`);
}

function failureText(failure: PlayFailure, say: Say): string {
  if (failure.kind !== 'no_answers') return say(failure.kind === 'corrupt' ? 'replay.broken' : 'replay.stopped');
  const { oldestMs } = failure;
  if (oldestMs === null) return say('replay.noAnswers');
  return say('replay.noAnswersThen', { at: new Date(oldestMs).toISOString() });
}
