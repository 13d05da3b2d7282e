import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingKinds } from '../../../src/core/finding.ts';
import type { NoticeType } from '../../../src/core/notice.ts';
import { schemaFiles, webhookSchemas } from '../../../tools/webhook-schemas.ts';
import { fixtureAction } from '../api/fixture-action.ts';
import { advice, delivered, finding, receiver, Stage } from './stage.ts';

const folder = join(import.meta.dirname, '../../../docs/schemas');

/** One real body of every type, as a receiver gets it. */
function bodies(): Map<string, unknown> {
  const stage = new Stage([receiver('ops')]);
  const found = new Map<string, unknown>();
  const collect = () => {
    for (const { notice } of stage.send()) {
      found.set(notice.type, JSON.parse(notice.body));
      stage.end(notice, delivered);
    }
  };
  for (const kind of findingKinds) {
    const isOurs = kind === 'vantage' || kind === 'self';
    stage.open(finding(kind, isOurs ? null : 'a'));
    collect();
  }
  stage.close(finding('spike', 'a'));
  collect();
  const proposed = { change: 'proposed', advice: advice('x') } as const;
  stage.take(stage.notifier.compose({ findings: [], advice: [proposed] }, stage.at));
  collect();
  stage.act('failed', fixtureAction);
  collect();
  return found;
}

describe('schemas', () => {
  it('are those of the code: run tools/generate-webhook-schemas.ts', () => {
    const committed = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
    expect(Object.fromEntries(committed)).toEqual(schemaFiles());
  });

  const real = bodies();
  it.each(Object.keys(webhookSchemas) as NoticeType[])(
    '%s: a real body fits, one with a key more or less does not',
    (type) => {
      const body = real.get(type) as { data: Record<string, unknown> };
      expect(body).toBeDefined();
      const schema = webhookSchemas[type];
      expect(schema.safeParse(body).error?.issues).toBeUndefined();
      expect(schema.safeParse({ ...body, more: 1 }).success).toBe(false);
      expect(schema.safeParse({ ...body, data: { ...body.data, more: 1 } }).success).toBe(false);
      const { seq: _seq, ...less } = body.data;
      expect(schema.safeParse({ ...body, data: less }).success).toBe(false);
    },
  );

  it('a test delivery fits mirror.self', () => {
    const tried = new Stage([receiver('ops')]);
    const body = tried.notifier.test('ops', tried.at)?.notice.body ?? '';
    expect(webhookSchemas['mirror.self'].safeParse(JSON.parse(body)).success).toBe(true);
  });

  it('a refused advice and an unknown score fit', () => {
    const stage = new Stage([receiver('ops')]);
    const refused = advice('x', {
      state: 'refused',
      refusal: 'no_candidate',
      settledAtMs: stage.at.wallMs,
      candidates: [{ registry: 'b', scoreSeconds: null, gate: 'unmeasured', sum: null, bound: null }],
      remedy: {},
    });
    stage.advise('refused', refused);
    const body = JSON.parse(stage.send()[0]?.notice.body ?? '');
    expect(webhookSchemas['mirror.advice'].safeParse(body).error?.issues).toBeUndefined();
  });

  it('docs/webhooks.md links each', () => {
    const page = readFileSync(join(folder, '../webhooks.md'), 'utf8');
    const linked = [...page.matchAll(/schemas\/([a-z._]+\.json)/g)].map((match) => match[1] ?? '');
    expect(linked.toSorted()).toEqual(Object.keys(schemaFiles()).toSorted());
  });
});
