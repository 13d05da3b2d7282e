import { describe, expect, test } from 'vitest';
import type { AlertCounts, AlertEvidence, IncomingAlert } from '../../../src/core/evidence.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Now, Row } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createEvidenceBook, judgeAlert } from '../../../src/state/evidence.ts';
import { isSoundRow } from '../../../src/state/row-shapes.ts';
import { mirror } from '../advise/stage.ts';

const wallMs = Date.parse('2026-03-01T12:00:00.000Z');
const now = { wallMs, monotonicMs: 5_000 };
const later = (ms: number) => ({ wallMs: wallMs + ms, monotonicMs: 5_000 + ms });
const place = { vantage: 'here', registries: new Set(['a', 'b']) };
const startsAtMs = wallMs - 60_000;
const day = limits.alertAgeMsMax;

const alert = (more: Partial<IncomingAlert> = {}, labels: Record<string, string> = {}): IncomingAlert => ({
  fingerprint: 'f1',
  status: 'firing',
  labels: { alertname: 'MirrorSlow', registry: 'a', mirror_action: 'failover', ...labels },
  startsAtMs,
  endsAtMs: null,
  ...more,
});
const known = (more: Partial<AlertEvidence> = {}): AlertEvidence => ({
  fingerprint: 'f1',
  alertname: 'MirrorSlow',
  registry: 'a',
  startsAtMs,
  takenAtMs: wallMs - 30_000,
  heardAtMs: wallMs - 30_000,
  state: 'firing',
  ...more,
});
const resolved = { status: 'resolved', endsAtMs: wallMs - 1 } as const;

describe('what one alert is to us', () => {
  test.each<[string, IncomingAlert, AlertEvidence | null, keyof AlertCounts]>([
    ['a firing one that names a mirror of ours', alert(), null, 'evidence'],
    ['our own vantage', alert({}, { vantage: 'here' }), null, 'evidence'],
    ['an empty vantage is none', alert({}, { vantage: '' }), null, 'evidence'],
    ['another vantage', alert({}, { vantage: 'there' }), null, 'ignored'],
    ['a mirror that is not configured here', alert({}, { registry: 'z' }), null, 'ignored'],
    ['no mirror', alert({ labels: { mirror_action: 'failover' } }), null, 'ignored'],
    ['no action', alert({ labels: { registry: 'a' } }), null, 'ignored'],
    ['another action', alert({}, { mirror_action: 'page' }), null, 'ignored'],
    ['pushed by ourselves', alert({}, { mirrorwatch_origin: 'here' }), null, 'own'],
    ['pushed by another of us', alert({}, { mirrorwatch_origin: 'there' }), null, 'own'],
    ['pushed by us, with an empty origin', alert({}, { mirrorwatch_origin: '' }), null, 'own'],
    ['ours comes before none of our business', alert({}, { mirrorwatch_origin: 'x', registry: 'z' }), null, 'own'],
    ['it ended before it came', alert({ endsAtMs: wallMs }), null, 'stale'],
    ['it will end in a millisecond', alert({ endsAtMs: wallMs + 1 }), null, 'evidence'],
    ['a day old', alert({ startsAtMs: wallMs - day }), null, 'evidence'],
    ['older than a day', alert({ startsAtMs: wallMs - day - 1 }), null, 'stale'],
    ['five minutes ahead of our clock', alert({ startsAtMs: wallMs + 300_000 }), null, 'evidence'],
    ['further ahead', alert({ startsAtMs: wallMs + 300_001 }), null, 'stale'],
    ['again', alert(), known(), 'duplicate'],
    [
      'again, and by now older than a day',
      alert({ startsAtMs: wallMs - 2 * day }),
      known({ startsAtMs: wallMs - 2 * day }),
      'duplicate',
    ],
    ['begun anew', alert({ startsAtMs: startsAtMs + 1 }), known(), 'evidence'],
    ['of before the one that we know', alert({ startsAtMs: startsAtMs - 1 }), known(), 'stale'],
    ['firing again after its end, under the same start', alert(), known({ state: 'resolved' }), 'evidence'],
    ['firing again, not heard of for a day', alert(), known({ heardAtMs: wallMs - day - 1 }), 'evidence'],
    ['the end of what we know', alert(resolved), known(), 'resolved'],
    ['the same end again', alert(resolved), known({ state: 'resolved' }), 'duplicate'],
    ['the end of what we do not know', alert(resolved), null, 'resolved'],
    ['the end of one before', alert({ ...resolved, startsAtMs: startsAtMs - 1 }), known(), 'resolved'],
  ])('%s', (_name, one, before, want) => expect(judgeAlert(one, before, false, place, now).outcome).toBe(want));

  test.each<[string, IncomingAlert, AlertEvidence, keyof AlertCounts]>([
    ['again', alert(), known(), 'evidence'],
    [
      'again, and by now older than a day',
      alert({ startsAtMs: wallMs - 2 * day }),
      known({ startsAtMs: wallMs - 2 * day }),
      'evidence',
    ],
    ['its end after all', alert(resolved), known(), 'resolved'],
    ['of before the one that we know', alert({ startsAtMs: startsAtMs - 1 }), known(), 'stale'],
  ])('heard again after a silence that ended it: %s', (_name, one, before, want) =>
    expect(judgeAlert(one, before, true, place, now).outcome).toBe(want),
  );

  const named = (labels: Record<string, string>) => judgeAlert(alert({}, labels), null, false, place, now).evidence;
  test.each([
    ['as it came', 'MirrorSlow · 慢', 'MirrorSlow · 慢'],
    [
      'lines, escapes and a direction override',
      "Evil\n$(touch x)\nexport X='1\u001b[31mRED\u202e",
      "Evil?$(touch x)?export X='1?[31mRED?",
    ],
    ['C1, separators, a zero width and half a pair', 'a\u009bb\u2028c\u2029d\u200be\ud83d', 'a?b?c?d?e?'],
    ['a hundred characters', 'x'.repeat(100), 'x'.repeat(100)],
    ['one more', 'x'.repeat(101), `${'x'.repeat(99)}…`],
    ['a million', '\u001b'.repeat(1_000_000), `${'?'.repeat(99)}…`],
    ['cut through a pair', `${'x'.repeat(98)}😀x`, `${'x'.repeat(98)}?…`],
  ])('its name: %s', (_name, alertname, want) => expect(named({ alertname })?.alertname).toBe(want));

  test('the end of one before leaves the one now firing', () => {
    const one = alert({ ...resolved, startsAtMs: startsAtMs - 1 });
    expect(judgeAlert(one, known(), false, place, now).evidence).toBeNull();
  });
});

const repeatMs = 60_000;
const settings = {
  vantage: 'here',
  mirrors: [mirror('a'), mirror('b')],
  alertmanager: { token: new Secret('t'), repeatMs },
};

/** A book that is stored as the daemon stores it, through JSON. */
function stored() {
  const rows = new Map<string, Row>();
  const open = (at: Now) =>
    createEvidenceBook({ restored: JSON.parse(JSON.stringify([...rows.values()])) as Row[], now: at });
  let book = open(now);
  return {
    rows,
    restart: (at: Now = now) => {
      book = open(at);
    },
    take: (alerts: readonly IncomingAlert[], at = now) => {
      const turn = book.take(alerts, settings, at);
      for (const row of turn.rows) rows.set(`${row.table}/${row.key}`, row);
      for (const { table, key } of turn.deletes) rows.delete(`${table}/${key}`);
      return turn;
    },
    firing: (at = now) =>
      Object.fromEntries(
        [...book.firing(settings, at)].map(([name, list]) => [name, list.map((one) => one.fingerprint)]),
      ),
  };
}

describe('the book', () => {
  test('fires by mirror, the longest first; ends; survives a restart', () => {
    const book = stored();
    const turn = book.take([
      alert({ fingerprint: 'f2', startsAtMs: startsAtMs + 5 }),
      alert(),
      alert({ fingerprint: 'f3' }, { registry: 'b' }),
    ]);
    expect(turn.outcomes).toEqual(['evidence', 'evidence', 'evidence']);
    expect(turn.fresh.map(({ registry }) => registry)).toEqual(['a', 'a', 'b']);
    expect(book.firing()).toEqual({ a: ['f1', 'f2'], b: ['f3'] });
    book.restart();
    expect(book.take([alert(resolved), alert()]).outcomes).toEqual(['resolved', 'evidence']);
    book.take([alert(resolved)]);
    book.restart();
    expect(book.firing()).toEqual({ a: ['f2'], b: ['f3'] });
  });

  test('one alert twice in one notification counts once', () => {
    const book = stored();
    expect(book.take([alert(), alert()]).outcomes).toEqual(['evidence', 'duplicate']);
  });

  test('a day without a word: its row goes with the next turn', () => {
    const book = stored();
    book.take([alert()]);
    book.take([alert()], later(day - 1));
    book.take([], later(2 * day - 1));
    expect([...book.rows.keys()]).toEqual(['meta/alert/f1']);
    book.take([], later(2 * day));
    expect([...book.rows.keys()]).toEqual([]);
  });

  test('past the bound those that ended go first, then the longest silent', () => {
    const book = stored();
    const many = Array.from({ length: limits.alertsKept }, (_, i) => alert({ fingerprint: `m${i}` }));
    book.take(many);
    book.take([alert({ fingerprint: 'm7', ...resolved })], later(1));
    book.take([alert({ fingerprint: 'one-more' })], later(2));
    expect(book.rows.has('meta/alert/m7')).toBe(false);
    book.take([alert({ fingerprint: 'two-more' })], later(3));
    expect(book.rows.has('meta/alert/m0')).toBe(false);
    expect(book.rows.size).toBe(limits.alertsKept);
    expect(book.rows.has('meta/alert/two-more')).toBe(true);
  });

  test('rows of others and rows that cannot be read are left aside', () => {
    const rows: Row[] = [
      { table: 'meta', key: 'seq/x', atMs: 1, value: 3 },
      { table: 'meta', key: 'alert/f1', atMs: 1, value: { fingerprint: 'f1' } },
      { table: 'meta', key: 'alert/f2', atMs: 1, value: null },
    ];
    expect([...createEvidenceBook({ restored: rows.filter(isSoundRow), now }).firing({}, now)]).toEqual([]);
  });
});

describe('an alert that is no longer repeated has ended', () => {
  const bound = 3 * repeatMs;

  test.each([
    ['three repeats without a word', bound, true],
    ['a millisecond more', bound + 1, false],
  ])('%s', (_name, ms, fires) => {
    const book = stored();
    book.take([alert()]);
    expect(book.firing(later(ms))).toEqual(fires ? { a: ['f1'] } : {});
  });

  test('10m is the repeat where none is configured', () => {
    const book = createEvidenceBook({ restored: [], now });
    book.take([alert()], { vantage: 'here', mirrors: settings.mirrors }, now);
    expect(book.firing({}, later(30 * 60_000)).size).toBe(1);
    expect(book.firing({}, later(30 * 60_000 + 1)).size).toBe(0);
  });

  test('each repetition counts anew; heard again after its end it is evidence anew', () => {
    const book = stored();
    book.take([alert()]);
    expect(book.take([alert()], later(bound)).outcomes).toEqual(['duplicate']);
    expect(book.firing(later(2 * bound))).toEqual({ a: ['f1'] });
    expect(book.firing(later(2 * bound + 1))).toEqual({});
    const turn = book.take([alert()], later(2 * bound + 1));
    expect([turn.outcomes, turn.fresh.length]).toEqual([['evidence'], 1]);
    expect(book.firing(later(2 * bound + 1))).toEqual({ a: ['f1'] });
  });

  test('a clock that was set is no silence', () => {
    const book = stored();
    book.take([alert()]);
    expect(book.firing({ ...now, wallMs: wallMs + 3_600_000 })).toEqual({ a: ['f1'] });
  });

  test('repetitions are stored at most once a minute', () => {
    const book = stored();
    const rowsAt = (ms: number) => book.take([alert()], later(ms)).rows.map(({ atMs }) => atMs - wallMs);
    expect([0, 59_999, 60_000, 60_001, 119_999, 120_000].map(rowsAt)).toEqual([[0], [], [60_000], [], [], [120_000]]);
  });

  test.each([
    ['it was heard of shortly before: the rest of the bound', 30_000, bound - 30_000],
    ['it was long down: two repeats', 3_600_000, 2 * repeatMs],
  ])('after a restart, %s', (_name, downMs, restMs) => {
    const book = stored();
    book.take([alert()]);
    book.restart(later(downMs));
    expect(book.firing(later(downMs + restMs))).toEqual({ a: ['f1'] });
    expect(book.firing(later(downMs + restMs + 1))).toEqual({});
  });

  test('a name that was stored unclean is shown clean', () => {
    const value = { ...known(), alertname: 'a\nb' };
    const book = createEvidenceBook({ restored: [{ table: 'meta', key: 'alert/f1', atMs: wallMs, value }], now });
    expect(book.firing(settings, now).get('a')?.[0]?.alertname).toBe('a?b');
  });
});
