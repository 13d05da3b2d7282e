import { expect, it } from 'vitest';
import { readSubject, subjectRowOf } from '../../../src/detect/contents/rows.ts';
import { ContentSubject, Shelf } from '../../../src/detect/memory/subject.ts';

const dateMs = Date.UTC(2026, 0, 1);

/** A subject that has every time there is, all of them shifted by so many milliseconds. */
function subjectAt(ms: number): ContentSubject {
  const subject = new ContentSubject('key', { module: 'example.com/a', version: 'v1.0.0', step: 'list' });
  subject.releases.set('v1.1.0', { afterMs: ms + 1, atMs: ms + 2, originMs: ms + 3, isPre: false });
  subject.lines.set('date', [{ seq: 1, value: dateMs, afterMs: ms + 4, atMs: ms + 5, byOrigin: true }]);
  const shelf = Object.assign(new Shelf(), {
    looks: 2,
    fromMs: ms + 6,
    toMs: ms + 7,
    previousFromMs: ms + 8,
    firstMs: ms + 9,
    versions: { count: 1, newest: ['v1.0.0'], pre: [] },
    back: { what: 'version', from: 'v1.1.0', to: null, atMs: ms + 10 },
    reading: {
      lowerMs: 11,
      upperMs: 12,
      agreedMs: 13,
      oldestMs: ms + 14,
      records: null,
      missing: { count: 1, names: ['v1.1.0'] },
      by: 'origin',
      line: { key: 'date', value: dateMs, sinceMs: ms + 15, wants: dateMs + 1 },
    },
  } satisfies Partial<Shelf>);
  shelf.since.set('v1.0.0', { afterMs: ms + 16, atMs: ms + 17 });
  shelf.lost.set('v1.1.0', { looks: 1, isElsewhere: true });
  shelf.lines.set('date', { value: dateMs, sinceMs: ms + 18, best: dateMs, below: 0 });
  subject.shelves.set('a', shelf);
  return subject;
}

it('a subject has the same wall times on the clock of the next process; durations and dates stay', () => {
  const row = JSON.parse(JSON.stringify(subjectRowOf(subjectAt(0), () => 'https://a.example.com', 1_000)));
  const read = readSubject(
    'key',
    row,
    { wallMs: 100_400, monotonicMs: 100_000 },
    (name, url) => `${name} ${url}` === 'a https://a.example.com',
  );
  expect(read).toEqual(subjectAt(600));
});
