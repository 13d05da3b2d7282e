import type { QuietRule } from '../../core/config.ts';
import { wordsOf } from '../../words/words.ts';
import { type Card, clipped, type Pen, type Reader, type Section, type Told, tones } from '../receivers/section.ts';
import { renderActionSection } from './action-section.ts';
import { renderAdviceSection } from './advice-section.ts';
import { renderFindingSection } from './finding-section.ts';
import { formatClock } from './times.ts';

/** The maximum length of one row, characters: a few lines on a phone. */
const rowChars = 400;

/**
 * The card of some notices: those that need an action first, the others by tone.
 * @param told  oldest first
 * @param held  the quiet hours that some of them waited for; `null`: none
 * @param more  how many further notices follow in another card
 */
export function cardOf(told: readonly Told[], reader: Reader, held: QuietRule | null, more: number): Card {
  const say = wordsOf(reader.language);
  const sections = told.map((one) => sectionOf(one, { say, reader }));
  const sorted = sections.toSorted((a, b) => tones.indexOf(a.tone) - tones.indexOf(b.tone));
  const acts = sorted.filter(({ tone }) => tone === 'act');
  const first = acts[0] ?? sorted[0];
  const count = say('card.many', { count: told.length });
  const title =
    held !== null
      ? say('card.quiet', { from: formatClock(held.fromMinute), to: formatClock(held.toMinute), count })
      : told.length === 1 || first === undefined
        ? (first?.title ?? '')
        : `${count} · ${first.title}`;
  const refs = told.map(({ ref }) => say('card.ref', { ref }));
  return {
    tone: sorted[0]?.tone ?? 'info',
    title,
    sections: [...acts, ...sorted.filter(({ tone }) => tone !== 'act')],
    link: reader.page === null ? null : { text: say('card.page'), url: pageUrl(reader.page, told) },
    foot: [
      say('card.from', { vantage: reader.vantage }),
      say('card.zone', { zone: reader.timeZone }),
      ...(told.length === 1 ? refs : []),
      ...(more > 0 ? [say('card.more', { count: more })] : []),
    ].join(' · '),
  };
}

function pageUrl(page: string, told: readonly Told[]): string {
  const registry = told.length === 1 ? told[0]?.finding?.registry : null;
  return registry == null ? `${page}/` : `${page}/mirrors/${encodeURIComponent(registry)}`;
}

/** A notice that another release stored may lack fields: then only its type and subject are shown. */
function sectionOf(told: Told, pen: Pen): Section {
  try {
    const section = wholeSectionOf(told, pen);
    return { ...section, rows: section.rows.map(({ label, text }) => ({ label, text: clipped(text, rowChars) })) };
  } catch {
    return wholeSectionOf({ ...told, finding: null, advice: null, action: null }, pen);
  }
}

function wholeSectionOf(told: Told, pen: Pen): Section {
  if (told.finding !== null) return renderFindingSection(told, told.finding, pen);
  if (told.advice !== null) return renderAdviceSection(told, told.advice, pen);
  if (told.action !== null) return renderActionSection(told, told.action, pen);
  const isTest = told.subject === 'self/test';
  const { say } = pen;
  return {
    tone: 'info',
    title: isTest ? say('finding.test') : `${told.type}: ${told.subject}`,
    rows: isTest ? [{ label: say('row.note'), text: say('finding.testSays') }] : [],
    code: null,
    ref: told.ref,
  };
}
