import type { QuietRule } from '../../core/config.ts';
import { wordsOf } from '../../words/words.ts';
import { pageOf } from '../alerts.ts';
import {
  type Card,
  clipped,
  type Pen,
  type Reader,
  type Section,
  type SectionNotice,
  tones,
} from '../receivers/section.ts';
import { renderActionSection } from './action-section.ts';
import { renderAdviceSection } from './advice-section.ts';
import { renderFindingSection } from './finding-section.ts';
import { formatClock } from './times.ts';

/** The maximum length of one row, characters: a few lines on a phone. */
const rowChars = 400;

/**
 * Builds the card of some notices. Those that need an action come first, the others are ordered by tone.
 * @param notices  oldest first
 * @param held  the quiet hours that delayed some of the notices; `null`: none
 * @param more  how many further notices follow in another card
 */
export function cardOf(notices: readonly SectionNotice[], reader: Reader, held: QuietRule | null, more: number): Card {
  const say = wordsOf(reader.language);
  const sections = notices.map((one) => sectionOf(one, { say, reader }));
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
function sectionOf(notices: SectionNotice, pen: Pen): Section {
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
