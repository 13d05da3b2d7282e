import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { Receiver } from '../../../src/core/config.ts';
import type { Notice } from '../../../src/core/notice.ts';
import type { Row } from '../../../src/core/ports.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { openStore } from '../../../src/io/store.ts';
import { chat, formats, textsOf } from './chat/chats.ts';
import { delivered, receiver, Stage } from './stage.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const stored = JSON.parse(
  readFileSync(new URL('../../fixtures/state/outbox-of-an-older-release.json', import.meta.url), 'utf8'),
) as readonly Row[];
const notices = stored.flatMap(({ table, value }) =>
  table === 'outbox' ? [(value as { readonly notice: Notice }).notice] : [],
);
const ids = notices.map(({ id }) => id);

/** The rows as this release reads them from a state file of that layout, in which the notices failed seconds ago. */
function rowsNow(nowMs: number): readonly Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-rows-'));
  folders.push(folder);
  const path = join(folder, 'state.db');
  const db = new DatabaseSync(path);
  const tables = ['meta', 'detector', 'finding', 'advice', 'chain', 'outbox', 'probe', 'pause', 'seen'];
  for (const table of tables)
    db.exec(`CREATE TABLE "${table}" (key TEXT PRIMARY KEY, at_ms REAL NOT NULL, value TEXT NOT NULL)`);
  const laterMs = nowMs - 20_000 - Math.max(...notices.map(({ createdAtMs }) => createdAtMs));
  for (const { table, key, atMs, value } of stored) {
    const { notice } = value as { readonly notice?: Notice };
    const text = JSON.stringify(
      notice === undefined ? value : { ...(value as object), notice: moved(notice, laterMs) },
    );
    db.prepare(`INSERT INTO "${table}" VALUES (?, ?, ?)`).run(key, atMs + laterMs, text);
  }
  db.close();
  const opened = openStore(path, { clock: systemClock });
  if (opened.tag === 'error') throw new Error(opened.error.kind);
  const { store } = opened.value;
  const rows = [...store.all('outbox'), ...store.all('meta')];
  store.close();
  return rows;
}

function moved(notice: Notice, laterMs: number): Notice {
  return { ...notice, createdAtMs: notice.createdAtMs + laterMs, nextAtMs: notice.nextAtMs + laterMs };
}

/** A stage that starts on rows. */
function startedOn(receivers: readonly Receiver[], rows: (nowMs: number) => readonly Row[]): Stage {
  const stage = new Stage(receivers);
  for (const row of rows(stage.at.wallMs)) stage.rows.set(`${row.table}/${row.key}`, row);
  stage.restart();
  return stage;
}

/** Sends all that waits; gives what was sent. */
function sentBy(stage: Stage) {
  const sent = [];
  for (let n = 0; n < 4; n += 1) {
    stage.pass(900_000);
    for (const one of stage.send()) {
      sent.push(one);
      stage.end(one.notice, delivered);
    }
  }
  return sent;
}

describe('notices of an older release that had failed four times', () => {
  it('go out under their ids', () => {
    expect(notices.map(({ type, attempts }) => [type, attempts])).toEqual([
      ['mirror.outage', 4],
      ['mirror.advice', 4],
    ]);
    const sent = sentBy(startedOn([receiver('ops')], rowsNow));
    expect(sent.map(({ message }) => message.headers['webhook-id'])).toEqual(ids);
  });

  it.each(formats.flatMap((format) => (['en', 'zh'] as const).map((lang) => [format, lang] as const)))(
    'to a receiver that is of format %s, %s, by now',
    (format, lang) => {
      const stage = startedOn([chat('ops', format, {}, { lang })], rowsNow);
      const sent = sentBy(stage);
      expect([stage.outbox(), stage.outcomes]).toEqual([[], ['ops delivered', 'ops delivered']]);
      const texts = sent.map(({ message }) => textsOf(message.body)).join('\n');
      for (const id of ids) expect(texts).toContain(id.slice(-6));
      expect(texts).not.toContain('mirror.outage');
    },
  );
});

describe('a stored notice that cannot be rendered', () => {
  const rowOf = (name: string, body: string, nowMs: number): Row => {
    const notice = { ...notices[0], id: `bad-${name}`, receiver: name, body, createdAtMs: nowMs, nextAtMs: nowMs };
    return { table: 'outbox', key: `${name}/bad-${name}`, atMs: nowMs, value: { notice, findingId: null } };
  };
  const others = (stage: Stage) => sentBy(stage).filter(({ notice }) => ids.includes(notice.id)).length;

  const withoutText = {
    kind: 'certificate',
    cause: 'tls_expired',
    registry: 'a',
    ecosystem: 'go',
    upstream: 'go',
    scope: [],
    openedAt: '2026-03-01T00:00:00.000Z',
    vantage: 'ok',
    confidence: 'high',
    evidence: { failures: 0, samples: 0, observedSeconds: null, baselineSeconds: null },
  };

  it.each([{}, { kind: 'of another release' }, 7, withoutText])('to a chat is told by its subject: %j', (finding) => {
    const body = JSON.stringify({ type: 'mirror.outage', data: { finding } });
    const stage = startedOn([chat('desk', 'slack')], (nowMs) => [rowOf('desk', body, nowMs)]);
    const [sent] = sentBy(stage);
    expect(sent?.message.body).toContain('mirror.outage: outage/a');
  });

  it.each(['null', '7', '{"data":null}', '{"data":7}', 'no JSON'])('to a chat, of another form: %s', (body) => {
    const stage = startedOn([chat('desk', 'slack')], (nowMs) => [rowOf('desk', body, nowMs)]);
    const [sent] = sentBy(stage);
    expect(sent?.message.body).toContain('mirror.outage: outage/a');
  });

  it('to an Alertmanager is tried again, and holds up no other receiver', () => {
    const am = receiver('am', { format: 'alertmanager', secrets: [] });
    for (const receivers of [
      [am, receiver('ops')],
      [receiver('ops'), am],
    ]) {
      const stage = startedOn(receivers, (nowMs) => [...rowsNow(nowMs), rowOf('am', '[of another release', nowMs)]);
      expect(others(stage)).toBe(ids.length);
      expect(new Set(stage.outcomes)).toEqual(new Set(['am retried', 'ops delivered']));
      expect(stage.defects.length).toBeGreaterThan(0);
    }
  });
});
