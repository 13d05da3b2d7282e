import { limits } from '../../core/limits.ts';
import { updateLines } from './lines.ts';
import type { Look } from './look.ts';
import { newShelf, type Shelf, type StepBack, type Subject } from './subject.ts';
import { type News, updateVersions, type Who } from './versions.ts';

/**
 * Adds one response about a subject, in place.
 * @returns what changed; `null` for a response that started before the last one: it is outdated
 */
export function updateSubject(subject: Subject, look: Look, who: Who): News | null {
  const shelf = subject.shelves.get(who.registry) ?? newShelf();
  if (shelf.looks > 0 && look.fromMs < shelf.fromMs) return null;
  subject.shelves.set(who.registry, shelf);
  const news: News = { isNews: false, back: null, arrivals: [] };
  updateVersions(subject, shelf, look, who, news);
  updateLines(subject, shelf, look, who, news);
  if (shelf.looks === 0) shelf.firstMs = look.toMs;
  shelf.previousFromMs = shelf.looks === 0 ? null : shelf.fromMs;
  shelf.looks += 1;
  shelf.fromMs = look.fromMs;
  shelf.toMs = look.toMs;
  shelf.calm += 1;
  if (news.back !== null) recordStepBack(shelf, news.back);
  else if (shelf.calm >= limits.calmLooks) shelf.backwards = 0;
  return news;
}

/** Counts one step backwards of a mirror. */
export function recordStepBack(shelf: Shelf, back: StepBack): void {
  shelf.backwards += 1;
  shelf.calm = 0;
  shelf.back = back;
}
