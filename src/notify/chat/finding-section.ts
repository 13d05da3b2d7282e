import { causeTextKeyOf, endTextKeyOf, findingTextKeyOf, isDisputed, kindTraits, onsetOf } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { bareDigestOf, type FindingView, type SideView } from '../../core/views.ts';
import { renderIn } from '../../words/tell.ts';
import { ackOf, severityOf } from '../alerts.ts';
import type { Pen, Section, SectionNotice, Tone } from '../receivers/section.ts';
import { formatLocalTime, formatSpan, formatTook } from './times.ts';

const sidesShown = 3;

export function renderFindingSection(notice: SectionNotice, finding: FindingView, pen: Pen): Section {
  const { say, reader } = pen;
  // A view has no `actionable`. The confidence of a mismatch is low if no authority states which bytes are right, or
  // while the vantage is suspect.
  const actionable = finding.confidence !== 'low';
  const who = finding.registry ?? notice.vantage;
  const what = say(
    findingTextKeyOf({ ...finding, sentence: notice.sentence }, isDisputed({ ...finding, actionable })),
    {
      who,
    },
  );
  const isOver = finding.state !== 'open';
  const { acknowledgedReason: reason } = finding;
  const isAcknowledged = finding.state === 'acknowledged';
  const ended = isAcknowledged ? say('card.acknowledged', { what }) : say(endTextKeyOf(finding), { who });
  const { acknowledge: command } = ackOf(finding, reader.page);
  const rowsAtEnd = [
    ...(isAcknowledged && reason !== null ? [{ label: say('row.reason'), text: reason }] : []),
    ...endRows(notice, finding, pen),
  ];
  const todo = command === undefined ? [] : [{ label: say('row.acknowledge'), text: command }];
  const details = isOver ? [] : [...detailOf(notice, finding, pen), ...todo];
  return {
    tone: isOver ? 'good' : toneOf(finding, actionable),
    title: isOver ? ended : what,
    rows: [...(isOver ? rowsAtEnd : rowsOf(finding, pen)), ...renderStoryRows(notice, isOver, null, pen), ...details],
    code: null,
    ref: notice.ref,
  };
}

function toneOf(finding: FindingView, actionable: boolean): Tone {
  if (kindTraits[finding.kind].isRed) return 'bad';
  const severity = severityOf({ ...finding, actionable });
  return severity === 'critical' ? 'bad' : severity === 'warning' ? 'warn' : 'info';
}

function endRows({ atMs, resolves }: SectionNotice, finding: FindingView, { say, reader }: Pen): Section['rows'] {
  const fromMs = onsetOf(finding, Date.parse(finding.openedAt));
  const endedMs = finding.closedAt === null ? atMs : Date.parse(finding.closedAt);
  const span = {
    from: formatLocalTime(fromMs, reader.timeZone),
    to: formatLocalTime(endedMs, reader.timeZone),
    lasted: formatSpan(say, endedMs - fromMs),
  };
  return [
    { label: say('row.lasted'), text: say('lasted.span', span) },
    ...(resolves === null ? [] : [{ label: say('row.resolves'), text: say('resolves.told', { ref: resolves }) }]),
  ];
}

function rowsOf(finding: FindingView, pen: Pen): Section['rows'] {
  const { say, reader } = pen;
  const seen = seenText(finding, pen);
  const what = scopeText(finding, pen);
  const sides = sidesText(finding.evidence.sides, pen);
  return [
    { label: say('row.since'), text: formatLocalTime(onsetOf(finding, Date.parse(finding.openedAt)), reader.timeZone) },
    { label: say('row.why'), text: say(causeTextKeyOf(finding)) },
    ...(seen === '' ? [] : [{ label: say('row.seen'), text: seen }]),
    ...(finding.vantage === 'ok' ? [] : [{ label: say('row.doubt'), text: say(`doubt.${finding.vantage}`) }]),
    ...(what === '' ? [] : [{ label: say('row.what'), text: what }]),
    ...(sides === '' ? [] : [{ label: say('row.sides'), text: sides }]),
    ...(finding.ecosystem === null ? [] : [{ label: say('row.ecosystem'), text: ecosystemTextOf(finding) }]),
    ...(finding.confidence === 'low' ? [{ label: say('row.confidence'), text: say('confidence.low') }] : []),
  ];
}

/**
 * Returns a row with the finding's full sentence, for kinds whose message needs it. The result is empty for other
 * kinds, and if the sentence exists only in English but the reader's language is another one.
 */
function detailOf({ sentence }: SectionNotice, { kind, text }: FindingView, { say, reader }: Pen): Section['rows'] {
  if (!kindTraits[kind].isListedInFull) return [];
  const line = reader.language === 'en' ? text : renderIn(reader.language, { text: '', sentence });
  return line === '' ? [] : [{ label: say('row.detail'), text: line }];
}

function seenText({ kind, evidence }: FindingView, { say }: Pen): string {
  const { failures, samples, observedSeconds, baselineSeconds } = evidence;
  if (kindTraits[kind].observesAge)
    return observedSeconds === null ? '' : say('seen.behind', { observed: formatSpan(say, observedSeconds * 1000) });
  const parts = [
    ...(failures > 0 && samples > 0 ? [say('seen.failures', { failures, samples })] : []),
    ...(observedSeconds !== null && baselineSeconds !== null
      ? [say('seen.slow', { observed: formatTook(observedSeconds), baseline: formatTook(baselineSeconds) })]
      : []),
  ];
  return parts.join(' · ');
}

function scopeText({ scope }: FindingView, { say }: Pen): string {
  const [first] = scope;
  if (first === undefined) return '';
  const name = first.module === null ? '' : ` ${first.module}${first.version === null ? '' : `@${first.version}`}`;
  const family = first.family === undefined ? '' : ` (IPv${first.family})`;
  const protocol = first.protocol === undefined ? '' : ` (HTTP/${first.protocol})`;
  const text = `${first.step}${name}${family}${protocol}`;
  return scope.length === 1 ? text : say('what.more', { first: text, count: scope.length - 1 });
}

/**
 * Lists the digests of a mismatch, and the mirrors that serve each digest.
 * @param sides  absent if an older release stored the finding
 */
function sidesText(sides: readonly SideView[] | undefined, { say }: Pen): string {
  if (sides === undefined) return '';
  const shown = sides.slice(0, sidesShown).map((side) => {
    const { algorithm, registries } = side;
    const short = `${algorithm} ${bareDigestOf(side).slice(0, 12)}…`;
    return registries.length === 0
      ? say('sides.authority', { digest: short })
      : say('sides.one', { digest: short, who: registries.slice(0, limits.sideNames).join(say('list.comma')) });
  });
  const text = shown.join(say('list.also'));
  const count = sides.length - shown.length;
  return count > 0 ? say('sides.more', { sides: text, count }) : text;
}

/**
 * Returns ecosystem and upstream, such as `oci (docker.io)`, or only the ecosystem if the upstream has the same name.
 */
export function ecosystemTextOf({ ecosystem, upstream }: Pick<FindingView, 'ecosystem' | 'upstream'>): string {
  return upstream === null || upstream === ecosystem ? `${ecosystem}` : `${ecosystem} (${upstream})`;
}

/**
 * Renders a row about recurring trouble; empty for a single occurrence.
 * @param isOver  true: the notice is about the end of the trouble
 * @param to  the mirror that people are advised to use; `null`: there is no such advice
 */
export function renderStoryRows(
  { story }: SectionNotice,
  isOver: boolean,
  to: string | null,
  pen: Pen,
): Section['rows'] {
  const { say, reader } = pen;
  if (story === null || (story.times < 2 && (isOver || story.endsAfterSeconds === 0))) return [];
  const since = formatLocalTime(Date.parse(story.since), reader.timeZone);
  const values = { since, times: story.times, hold: formatSpan(say, story.endsAfterSeconds * 1000) };
  const text = isOver
    ? say('story.over', values)
    : to === null
      ? say('story.on', values)
      : say('story.stay', { ...values, to });
  return [{ label: say('row.story'), text }];
}
