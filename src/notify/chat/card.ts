import { isLastChoice } from '../../core/advice.ts';
import type { QuietRule } from '../../core/config.ts';
import type { Notice } from '../../core/notice.ts';
import { type Snippet, snippetOf } from '../../core/snippet.ts';
import type { AdviceView } from '../../core/views.ts';
import { explainGains } from '../../words/gains.ts';
import { renderIn } from '../../words/tell.ts';
import { wordsOf } from '../../words/words.ts';
import { pageOf } from '../alerts.ts';
import {
  type Card,
  clipped,
  type Pen,
  type Reader,
  type Section,
  type SectionNotice,
  sectionNoticeOf,
  type Tone,
  tones,
} from '../receivers/section.ts';
import { ecosystemTextOf, renderFindingSection, renderStoryRows } from './finding-section.ts';
import { formatClock, formatLocalTime, formatTook } from './times.ts';

/**
 * The maximum length of the lines to paste, characters. Longer lines are left out, because cut lines would not work;
 * the status page shows them.
 */
const codeChars = 900;
/** A notice after this fraction of an advice's time of validity is the reminder that the advice expires soon. */
const endsSoonShare = 0.89;

function renderAdviceSection(notice: SectionNotice, advice: AdviceView, pen: Pen): Section {
  const { say } = pen;
  const isProposed = advice.state === 'proposed';
  const isOver = advice.phase === 'over';
  const isUsual = isOver && advice.newClients === 'usual';
  const isLast = isProposed && isLastChoice(advice);
  const ended = endOf(notice, advice, pen);
  const snippet = isProposed && !isUsual ? snippetOf(advice.remedy) : null;
  const code = snippet === null || snippet.text.length > codeChars ? null : codeOf(snippet, pen);
  return {
    tone: isOver ? 'info' : toneOf(advice),
    title: isOver
      ? say(`advice.over.${advice.newClients}`, { what: ecosystemTextOf(advice), from: advice.from, to: advice.to })
      : titleOf(notice, advice, pen),
    rows: [
      ended === null
        ? { label: say(isOver || hasPastReason(advice) ? 'row.whyThen' : 'row.why'), text: adviceWhyText(advice, pen) }
        : { label: say('row.why'), text: ended },
      ...(isLast ? [{ label: say('row.note'), text: lastChoiceText(notice, advice, pen) }] : []),
      // Nobody should stay with a mirror that serves wrong bytes.
      ...renderStoryRows(notice, !isProposed || advice.cause === 'failback', isLast ? null : advice.to, pen),
      ...(isProposed ? gainRows(advice, pen) : []),
      ...untilRows(advice, pen),
      ...(isProposed ? [{ label: say('row.confidence'), text: say(`confidence.${advice.confidence}`) }] : []),
      ...(snippet !== null && code === null ? [{ label: say('row.note'), text: say('note.long') }] : []),
      ...(isProposed ? noteRows(advice, snippet, pen) : []),
      ...(isSwitchEnded(advice) ? [{ label: say('row.note'), text: say('note.ended') }] : []),
    ],
    code,
    ref: notice.ref,
  };
}

function toneOf(advice: AdviceView): Tone {
  if (advice.state === 'proposed' || isSwitchEnded(advice)) return 'act';
  return advice.state === 'refused' ? 'warn' : 'info';
}

/** True for advice that was accepted and has expired since. */
function isSwitchEnded({ state, refusal }: AdviceView): boolean {
  return state === 'expired' && refusal === null;
}

/** True for the notice of an end that shows why the advice was given, not why it ended. */
function hasPastReason(advice: AdviceView): boolean {
  const { state } = advice;
  return state !== 'proposed' && state !== 'accepted' && state !== 'refused' && !isSwitchEnded(advice);
}

/** Why a switch is no longer advised; `null`: another state of an advice, or only English text exists. */
function endOf({ sentence }: SectionNotice, advice: AdviceView, { reader }: Pen): string | null {
  if (advice.state !== 'withdrawn' || isRefusal(advice) || advice.bypass != null) return null;
  const { language } = reader;
  return language === 'en' || sentence !== null ? renderIn(language, { text: advice.reason, sentence }) : null;
}

/**
 * True for advice not to switch. False for the end of a switch that a refusal followed: an older release gave its notice
 * the fields of the refusal.
 */
function isRefusal({ refusal, from, to }: AdviceView): boolean {
  return refusal !== null && from === to;
}

function titleOf({ atMs }: SectionNotice, advice: AdviceView, { say }: Pen): string {
  const { state, from, to, bypass } = advice;
  const what = ecosystemTextOf(advice);
  const issuedMs = Date.parse(advice.issuedAt);
  const endsSoon = atMs >= issuedMs + endsSoonShare * (Date.parse(advice.expiresAt) - issuedMs);
  if (endsSoon && (state === 'proposed' || state === 'accepted')) return say('advice.reminder', { what, to });
  if (isRefusal(advice) && (state === 'expired' || state === 'withdrawn')) return say('advice.refusalEnded', { what });
  const isRemovalEnded = state === 'expired' && advice.cause === 'failback';
  if (bypass != null && from === to && !isRemovalEnded) {
    const key = state === 'proposed' ? (advice.cause === 'failback' ? 'back' : 'set') : state;
    if (isBypassKey(key)) return say(`advice.bypass.${key}`, { what, bypass });
  }
  if (state === 'proposed' && from === to) return say('advice.reorder', { what, from });
  return say(`advice.${state}`, { what, from, to });
}

const bypassKeys = ['set', 'back', 'accepted', 'withdrawn', 'expired', 'dismissed'] as const;

function isBypassKey(key: string): key is (typeof bypassKeys)[number] {
  return bypassKeys.some((one) => one === key);
}

function adviceWhyText(advice: AdviceView, { say }: Pen): string {
  const { cause, from, refusal, evidence } = advice;
  if (refusal !== null && isRefusal(advice)) return say(`refusal.${refusal}`);
  if (isSwitchEnded(advice)) return say('advice.cause.failback');
  const failures = Object.entries(evidence.failures) as [keyof typeof evidence.failures, number][];
  const [most] = failures.toSorted(([, a], [, b]) => b - a);
  const why = say(`advice.cause.${cause}`, { from });
  return most === undefined ? why : `${why} · ${say(`cause.${most[0]}`)}`;
}

/** The warning about the wrong bytes of the advised mirror. */
function lastChoiceText({ sentence }: SectionNotice, { reason: text }: AdviceView, { reader }: Pen): string {
  const promise = sentence?.values['promise'];
  return renderIn(reader.language, {
    text,
    sentence: typeof promise === 'object' && 'key' in promise ? promise : null,
  });
}

function codeOf({ text, file }: Snippet, { say }: Pen): NonNullable<Section['code']> {
  return { label: file === null ? say('row.set') : say('row.setIn', { file }), text };
}

function gainRows({ expected }: AdviceView, { say }: Pen): Section['rows'] {
  const parts = explainGains(expected, formatTook, say);
  return [{ label: say('row.gain'), text: parts.length === 0 ? say('gain.none') : parts.join(' · ') }];
}

function untilRows({ state, expiresAt, settledAt }: AdviceView, { say, reader }: Pen): Section['rows'] {
  if (state === 'proposed' || state === 'accepted')
    return [{ label: say('row.until'), text: formatLocalTime(Date.parse(expiresAt), reader.timeZone) }];
  return settledAt === null
    ? []
    : [{ label: say('row.since'), text: formatLocalTime(Date.parse(settledAt), reader.timeZone) }];
}

function noteRows({ chain, remedy, doesNotCover }: AdviceView, snippet: Snippet | null, { say }: Pen): Section['rows'] {
  const set = snippet === null ? [{ label: say('row.set'), text: chain.after }] : [];
  const forms = snippet === null ? [] : Object.keys(remedy).filter((form) => form !== snippet.form);
  if (forms.length === 0 && doesNotCover.length === 0) return set;
  const text = forms.length === 0 ? say('note.limits') : say('note.more', { forms: forms.join(say('list.comma')) });
  return [...set, { label: say('row.note'), text }];
}

type Action = NonNullable<SectionNotice['action']>;

const toneOfResult: Readonly<Record<Action['result'], Tone>> = {
  done: 'info',
  undone: 'info',
  held: 'warn',
  failed: 'bad',
};

function renderActionSection(notice: SectionNotice, action: Action, pen: Pen): Section {
  const { say } = pen;
  const { result, state, from, to } = action;
  // After a failed undo the state is `done` again, because the change stays in force.
  const key = result === 'failed' && state === 'done' ? 'undoFailed' : result;
  const why = whyText(notice, action, pen);
  return {
    tone: toneOfResult[result],
    title: say(`action.${key}`, { action: action.action, what: ecosystemTextOf(action), from, to }),
    rows: [
      ...(why === '' ? [] : [{ label: say('row.why'), text: why }]),
      { label: say('row.what'), text: `${action.kind} · ${action.id}` },
    ],
    code: null,
    ref: notice.ref,
  };
}

function whyText(
  { sentence }: SectionNotice,
  { result, held, nextAt, because, undoneBy }: Action,
  { say, reader }: Pen,
): string {
  if (held !== null) {
    const why = say(`actions.held.${held}`);
    return nextAt === null
      ? why
      : say('actions.heldUntil', { why, at: formatLocalTime(Date.parse(nextAt), reader.timeZone) });
  }
  if (because !== null) return renderIn(reader.language, { text: because, sentence });
  return result === 'undone' && undoneBy !== null ? say(`action.by.${undoneBy}`) : '';
}

/** The maximum length of one row, characters: a few lines on a phone. */
const rowChars = 400;

/** A notice with its section of a card. */
type Drawn = ReturnType<typeof draw>;

export function draw(notice: Notice, reader: Reader) {
  const of = sectionNoticeOf(notice);
  return { notice: of, section: sectionOf(of, reader) };
}

/**
 * Builds the card of some notices. Those that need an action come first, the others are ordered by tone.
 * @param all   oldest first
 * @param held  the quiet hours that delayed some of the notices; `null`: none
 * @param more  how many further notices follow in another card
 */
export function cardOf(all: readonly Drawn[], reader: Reader, held: QuietRule | null, more: number): Card {
  const say = wordsOf(reader.language);
  const notices = all.map(({ notice }) => notice);
  const sections = all.map(({ section }) => section);
  const sorted = sections.toSorted((a, b) => tones.indexOf(a.tone) - tones.indexOf(b.tone));
  const acts = sorted.filter(({ tone }) => tone === 'act');
  const first = acts[0] ?? sorted[0];
  const count = say('card.many', { count: notices.length });
  const title =
    held !== null
      ? say('card.quiet', { from: formatClock(held.fromMinute), to: formatClock(held.toMinute), count })
      : notices.length === 1 || first === undefined
        ? (first?.title ?? '')
        : `${count} · ${first.title}`;
  const refs = notices.map(({ ref }) => say('card.ref', { ref }));
  return {
    tone: sorted[0]?.tone ?? 'info',
    title,
    sections: [...acts, ...sorted.filter(({ tone }) => tone !== 'act')],
    link: reader.page === null ? null : { text: say('card.page'), url: pageUrl(reader.page, notices) },
    foot: [
      say('card.from', { vantage: reader.vantage }),
      say('card.zone', { zone: reader.timeZone }),
      ...(notices.length === 1 ? refs : []),
      ...(more > 0 ? [say('card.more', { count: more })] : []),
    ].join(' · '),
  };
}

function pageUrl(page: string, notices: readonly SectionNotice[]): string {
  return pageOf(page, (notices.length === 1 ? notices[0]?.finding?.registry : null) ?? null);
}

/**
 * Renders one notice. A notice that another release stored may lack fields; then only its type and subject are shown.
 */
function sectionOf(notices: SectionNotice, reader: Reader): Section {
  const pen = { say: wordsOf(reader.language), reader };
  try {
    const section = wholeSectionOf(notices, pen);
    return { ...section, rows: section.rows.map(({ label, text }) => ({ label, text: clipped(text, rowChars) })) };
  } catch {
    return wholeSectionOf({ ...notices, finding: null, advice: null, action: null }, pen);
  }
}

function wholeSectionOf(notices: SectionNotice, pen: Pen): Section {
  if (notices.finding !== null) return renderFindingSection(notices, notices.finding, pen);
  if (notices.advice !== null) return renderAdviceSection(notices, notices.advice, pen);
  if (notices.action !== null) return renderActionSection(notices, notices.action, pen);
  const isTest = notices.subject === 'self/test';
  const { say } = pen;
  return {
    tone: 'info',
    title: isTest ? say('finding.test') : `${notices.type}: ${notices.subject}`,
    rows: isTest ? [{ label: say('row.note'), text: say('finding.testSays') }] : [],
    code: null,
    ref: notices.ref,
  };
}
