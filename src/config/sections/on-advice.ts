import type { z } from 'zod';
import { type ActionRule, actionPlaceOf } from '../../core/action.ts';
import { adviceCauses, isSlowness } from '../../core/advice.ts';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { type Mirror, upstreamsOf } from '../../core/mirror.ts';
import { partOf } from '../../core/part.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import {
  checked,
  clockTime,
  durationField,
  errorOf,
  flag,
  integer,
  list,
  mapping,
  name,
  text,
  timeZone,
  word,
} from '../fields.ts';
import { checkUnique, type Path, type Reading, type Report } from '../reading.ts';
import { deedKeys, readDeed } from './deeds.ts';

const causes = ['slow', ...adviceCauses.filter((cause) => cause !== 'failback')] as const;

const when = mapping('Conditions for the action to run.', {
  causes: list(word('A cause of advice.', causes as unknown as [string, ...string[]]), phrase('expected.listNames'))
    .min(1, errorOf(phrase('expected.atLeastOf', { words: causes.join(', ') })))
    .describe(
      'The action follows only advice for these causes; `slow` is every cause of slowness. With `outage`, it also follows advice because of slowness or a failure rate while an outage of the mirror to leave is in its evidence. Default: all.',
    )
    .optional(),
  confidence: word(
    'Minimum confidence of the advice. After a hard failure it is `medium` at once, and `high` after 30 s. It stays `medium` if neither a control nor a second independent mirror responds. For slowness or a share of failures it is `low` until the statistical test is sure, then `medium`.',
    ['low', 'medium', 'high'],
  ).prefault('medium'),
  perHour: integer('Maximum number of changes of this action per hour. Further changes wait.', 1, 1_000).prefault(4),
  perDay: integer('Maximum number of changes of this action per day. Further changes wait.', 1, 10_000).prefault(12),
  quiet: mapping(
    'Hours without changes. A due change, also a failback (switch back to the preferred mirror), waits until they end.',
    {
      from: clockTime('Start of the hours without changes, in `timeZone`.'),
      to: clockTime('End of the hours without changes. A time before `from` is on the next day.'),
    },
  ).optional(),
  timeZone: timeZone('Time zone of the quiet hours. Default UTC.').optional(),
  places: checked(
    'How many places (locations with a daemon) of the group must advise the same switch, such as `2 of 3`. If more places of the group know the state of the mirror, the same fraction of them must advise it: four of six. This key needs `fleet`.',
    phrase('expected.places'),
    (value) => placesIn(value).needed <= placesIn(value).of,
  ).optional(),
});

/** Parses the numbers of `2 of 3`. For any other text, `needed` is greater than `of`. */
function placesIn(text: string): { readonly needed: number; readonly of: number } {
  const [, needed = 1, of = 0] = /^([1-9]\d?) of ([1-9]\d?)$/.exec(text) ?? [];
  return { needed: Number(needed), of: Number(of) };
}

const action = mapping(
  null,
  {
    name: name('Name of the action, unique.'),
    upstream: text(
      'Upstream or ecosystem whose advice the action follows. Default: the only upstream, if there is just one.',
      phrase('expected.aNameOf'),
      200,
    ).optional(),
    mode: word('`dry-run` only shows what it would change; `auto` changes it.', ['dry-run', 'auto']).prefault(
      'dry-run',
    ),
    accept: flag(
      'Whether advice counts as accepted (as after `mirrorwatch advice accept`) once the action is done. Default: true, but false with `mergeRequest`.',
    ).optional(),
    timeout: durationField('Timeout of one run of the action: a command, a commit with Git, or an HTTP request.', {
      min: 1_000,
      max: limits.actionMsMax,
    }).prefault('30s'),
    when: when.prefault({}),
    ...deedKeys,
  },
  phrase('expected.mappingWith', { keys: 'name' }),
);

export const onAdviceKey = list(action, phrase('expected.listEach', { what: phrase('expected.action') }), 64)
  .describe('Actions that follow advice automatically. See docs/actions.md.')
  .prefault([]);

type FileAction = z.output<typeof action>;

export interface BesideActions {
  readonly mirrors: readonly Mirror[];
  readonly hasFleet: boolean;
  /** True: the file has the ended key `pair`, so all actions are dry runs. */
  readonly isHeld: boolean;
}

export function readActions(
  written: readonly FileAction[],
  { mirrors, hasFleet, isHeld }: BesideActions,
  reading: Reading,
): Pick<Config, 'onAdvice'> {
  checkUnique('onAdvice', written, reading);
  const names = new Map<string, string>();
  const found = written.flatMap((action, at) => {
    const path = ['onAdvice', at];
    if (action.when.places !== undefined && !hasFleet)
      reading.error([...path, 'when', 'places'], phrase('expected.placesFleet'));
    const rule = readAction(path, action, mirrors, reading);
    if (rule !== null) checkForm(path, rule, mirrors, reading);
    const deed = rule?.deed.kind === 'git' ? { ...rule.deed, mergeRequest: null } : rule?.deed;
    const place = deed === undefined ? null : actionPlaceOf(deed);
    if (rule === null || place === null) return rule ?? [];
    const other = names.get(place);
    // Two actions must not change the same file or value. An undo restores the whole file or value, so a change by
    // another action would prevent the undo, or be lost.
    if (other === undefined) names.set(place, rule.name);
    else reading.error([...path, rule.deed.kind], phrase('expected.ownPlace', { name: other }));
    return rule;
  });
  if (isHeld) reading.warning(['pair'], phrase('expected.noPair'));
  const rules = isHeld ? found.map((rule): ActionRule => ({ ...rule, mode: 'dry-run' })) : found;
  return rules.length === 0 ? {} : { onAdvice: rules };
}

/** Reports a snippet format (key `as`) that no advice for the upstream of the action contains. */
function checkForm(
  path: Path,
  { deed, targets: [target] }: ActionRule,
  mirrors: readonly Mirror[],
  { error }: Report,
): void {
  const form = deed.kind === 'command' ? null : deed.as;
  if (form === null || target === undefined) return;
  const clients = registry.of(target.ecosystem)?.clients ?? [];
  const profiles = mirrors.flatMap(({ ecosystem, upstream, own }) =>
    ecosystem === target.ecosystem && upstream === target.upstream ? [String(own?.['profile'])] : [],
  );
  const offered = clients.flatMap(({ forms, profileForms = {} }) => [
    ...forms,
    ...profiles.flatMap((profile) => profileForms[profile] ?? []),
  ]);
  const words = registry.actionForms.filter((one) => offered.includes(one === 'shell' ? 'env' : one));
  if (!words.includes(form))
    error(
      [...path, deed.kind, 'as'],
      phrase('expected.actionForm', { upstream: target.upstream, words: words.join(', ') || '–' }),
      { needs: [['mirrors']] },
    );
}

function readAction(path: Path, action: FileAction, mirrors: readonly Mirror[], reading: Reading): ActionRule | null {
  const { name, mode, accept, timeout, when } = action;
  const isProposed = action.git?.mergeRequest !== undefined;
  if (accept === true && isProposed) reading.error([...path, 'accept'], phrase('expected.noAccept'));
  const deed = readDeed(path, action, reading);
  const targets = deed === null ? [] : targetsOf(path, action, mirrors, reading);
  const { quiet } = when;
  if (quiet !== undefined && quiet.from === quiet.to)
    reading.error([...path, 'when', 'quiet'], phrase('expected.fromToActions'));
  if (deed === null) return null;
  return {
    name,
    targets,
    mode,
    timeoutMs: timeout,
    accepts: accept ?? !isProposed,
    when: {
      causes: adviceCauses.filter((cause) => when.causes === undefined || namesCause(when.causes, cause)),
      ...partOf(when, 'confidence', 'perHour', 'perDay'),
      quiet: quiet === undefined ? null : { fromMinute: quiet.from, toMinute: quiet.to, urgent: 'hold' },
      timeZone: when.timeZone ?? 'UTC',
      ...(when.places === undefined ? {} : { places: placesIn(when.places) }),
    },
    deed,
  };
}

function namesCause(words: readonly string[], cause: ActionRule['when']['causes'][number]): boolean {
  return words.includes(cause) || (words.includes('slow') && isSlowness(cause));
}

/** Returns the upstreams of an action. Only a command may follow several. */
function targetsOf(path: Path, { upstream, command }: FileAction, mirrors: readonly Mirror[], report: Report) {
  const named = upstreamsOf(mirrors).filter(
    (one) => upstream === undefined || one.upstream === upstream || one.ecosystem === upstream,
  );
  if (named.length === 0)
    report.error([...path, 'upstream'], phrase('expected.upstreamMirrors'), { needs: [['mirrors']] });
  else if (named.length > 1 && command === undefined)
    report.error(
      [...path, 'upstream'],
      phrase('expected.upstreamOne', { words: named.map((one) => one.upstream).join(', ') }),
      { needs: [['mirrors']] },
    );
  return named;
}
