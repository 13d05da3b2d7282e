import { describe, expect, it } from 'vitest';
import type { Config, Receiver } from '../../../src/core/config.ts';
import { findingKinds } from '../../../src/core/finding.ts';
import { limits } from '../../../src/core/limits.ts';
import { Secret } from '../../../src/core/secret.ts';
import { alertNameOf, alertOriginOf, renderAlertBody } from '../../../src/notify/alerts.ts';
import { messageFor } from '../../../src/words/tell.ts';
import { englishLeft } from '../cli/english-left.ts';
import { advice, delivered, finding, gone, later, receiver, Stage } from './stage.ts';

const minute = 60_000;
const am = (name = 'am', more: Partial<Receiver> = {}): Receiver =>
  receiver(name, {
    url: new Secret(`https://${name}.example.com/prefix/`),
    secrets: [],
    format: 'alertmanager',
    on: findingKinds,
    ...more,
  });
const outage = finding('outage', 'a', { text: 'a is down', cause: 'refused' });

interface Posted {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}
const posted = (body: string | undefined): Posted[] => JSON.parse(body ?? '') as Posted[];

describe('a finding as an alert', () => {
  it('its whole request', () => {
    const stage = new Stage([am()]);
    stage.open(outage);
    const [sent] = stage.send();
    expect(sent?.message).toMatchObject({
      url: 'https://am.example.com/prefix/api/v2/alerts',
      headers: { 'content-type': 'application/json' },
      allow: ['10.0.0.0/8'],
    });
    expect(Object.keys(sent?.message.headers ?? {})).toEqual(['content-type']);
    expect(posted(sent?.message.body)).toEqual([
      {
        labels: {
          alertname: 'MirrorwatchOutage',
          severity: 'warning',
          vantage: 'test',
          mirrorwatch_origin: 'test',
          registry: 'a',
          ecosystem: 'go',
          upstream: 'go',
        },
        annotations: {
          summary: 'a has an outage',
          description: 'a is down',
          finding: 'outage-a',
          page: 'http://127.0.0.1:10120/mirrors/a',
          probe: 'http://127.0.0.1:10120/probes/p1',
        },
        startsAt: '2026-03-01T00:00:00.000Z',
        endsAt: '2026-03-01T00:05:00.000Z',
        generatorURL: 'http://127.0.0.1:10120/mirrors/a',
      },
    ]);
  });

  it('of wrong bytes has the command that ends it', () => {
    const stage = new Stage([am()]);
    stage.open(finding('mismatch', 'a', { cause: 'mismatch' }));
    const [sent] = stage.send();
    expect(posted(sent?.message.body)[0]?.annotations['acknowledge']).toBe(
      "mirrorwatch ack mismatch-a --reason '…' --url http://127.0.0.1:10120",
    );
  });

  it('carries the lines to paste while leaving its mirror is advised, from that turn on', () => {
    const stage = new Stage([am()]);
    const said = (): (string | undefined)[] => {
      const sent = stage.send();
      for (const { notice } of sent) stage.end(notice, delivered);
      return sent.map(({ message }) => posted(message.body)[0]?.annotations['remedy']);
    };
    const remedy = {
      env: "export GOPROXY='https://b.example.com'",
      goenv: 'go env -w GOPROXY=https://b.example.com',
      json: '{}',
    };
    const turn = (change: 'proposed' | 'accepted', from = 'a'): void => {
      const changed = advice('adv', { from, remedy, state: change });
      stage.advise(change, changed);
    };
    stage.open(outage);
    stage.open(finding('outage', 'b'));
    expect(said()).toEqual([undefined, undefined]);
    turn('proposed');
    expect(said()).toEqual([`${remedy.env}\n${remedy.goenv}`]);
    turn('accepted');
    expect(said()).toEqual([undefined]);
  });

  it('a finding about us names no mirror', () => {
    const stage = new Stage([am()]);
    stage.open(finding('vantage', null, { evidence: { ...outage.evidence, probeIds: [] } }));
    const [alert] = posted(stage.send()[0]?.message.body);
    expect(alert?.labels).toEqual({
      alertname: 'MirrorwatchVantage',
      severity: 'warning',
      vantage: 'test',
      mirrorwatch_origin: 'test',
    });
    expect([alert?.generatorURL, alert?.annotations['probe']]).toEqual(['http://127.0.0.1:10120/', undefined]);
  });

  it.each(
    findingKinds.map((kind) => [
      kind,
      `Mirrorwatch${kind === 'level_shift' ? 'LevelShift' : kind.charAt(0).toUpperCase() + kind.slice(1)}`,
    ]),
  )('%s is %s', (kind, name) => expect(alertNameOf(kind)).toBe(name));

  it.each<[string, Partial<Config['listen']>, string | null]>([
    ['loopback', {}, 'http://127.0.0.1:10120'],
    ['TLS, IPv6', { host: '2001:db8::1', tls: { cert: '', key: new Secret('') } }, 'https://[2001:db8::1]:10120'],
    ['every address: none that others could follow', { host: '0.0.0.0' }, null],
    ['every IPv6 address', { host: '::' }, null],
    ['a port that is not known yet', { port: 0 }, null],
  ])('the link of a daemon on %s', (_name, listen, want) => {
    const config = { vantage: 'v', listen: { host: '127.0.0.1', port: 10120, token: null, tls: null, ...listen } };
    expect(alertOriginOf(config as unknown as Config).base).toBe(want);
  });

  it('a receiver in Chinese gets Chinese texts, under the same labels as an English one beside it', () => {
    const stage = new Stage([am('zh', { lang: 'zh' }), am('en')]);
    stage.open(
      finding('outage', 'a', messageFor('found.family', { name: 'a', family: 6, cause: 'refused', other: 4 })),
    );
    const [chinese, english] = stage.send().map(({ message }) => posted(message.body)[0]);
    expect(chinese?.annotations).toEqual({
      summary: 'a 发生故障',
      description: 'a 在 IPv6 上没有响应（refused）；在 IPv4 上正常。',
      finding: 'outage-a',
      page: 'http://127.0.0.1:10120/mirrors/a',
      probe: 'http://127.0.0.1:10120/probes/p1',
    });
    expect(english?.annotations['description']).toBe('a does not respond over IPv6 (refused); it works over IPv4.');
    expect({ ...chinese, annotations: {} }).toEqual({ ...english, annotations: {} });
  });

  it.each(findingKinds)('%s in Chinese has nothing in English', (kind) => {
    const name = 'a';
    for (const cause of kind === 'mismatch'
      ? (['mismatch', 'origin', 'fork', 'peers'] as const)
      : (['refused'] as const)) {
      const one = finding(kind, name, {
        cause,
        actionable: cause !== 'peers',
        ...messageFor('found.outage.well', { name }),
      });
      const [alert] = posted(renderAlertBody(one, { vantage: 'v', base: null }, 'zh', null));
      for (const key of ['summary', 'description']) {
        expect(alert?.annotations[key]).toMatch(/[\u4e00-\u9fff]/);
        expect(englishLeft(alert?.annotations[key] ?? '')).toEqual([]);
      }
    }
  });

  it('what was stored without its sentence is described in English rather than not at all', () => {
    const [alert] = posted(renderAlertBody(outage, { vantage: 'v', base: null }, 'zh', null));
    expect(alert?.annotations).toMatchObject({ summary: 'a 发生故障', description: 'a is down' });
  });

  it.each([
    ['of another mirror', { mirrors: ['b'], ecosystems: null, severity: 'info' } as const],
    ['of another ecosystem', { mirrors: null, ecosystems: ['npm'], severity: 'info' } as const],
    ['below the severity', { mirrors: null, ecosystems: null, severity: 'critical' } as const],
  ])('what `only` leaves out is not sent later either: %s', (_, only) => {
    const stage = new Stage([am('am', { only })]);
    stage.open(outage);
    stage.pass(10 * minute);
    stage.idle();
    expect(stage.due()).toEqual([]);
    stage.stillOpen = [outage];
    stage.restart();
    stage.idle();
    expect(stage.due()).toEqual([]);
  });

  it('advice is no alert, and neither is a kind that was not asked for', () => {
    const stage = new Stage([am('am', { on: ['spike'] })]);
    stage.open(outage);
    stage.advise('proposed', advice('x'));
    stage.pass(10 * minute);
    stage.idle();
    expect(stage.due()).toEqual([]);
  });

  it.each([
    ['en', 'mirrorwatch test message', 'Sent manually as a test. The test finding ends by itself.'],
    ['zh', 'mirrorwatch 测试消息', '为测试而手动发送。测试发现会自动结束。'],
  ] as const)('a test by hand, %s, ends by itself, and carries our origin', (lang, summary, description) => {
    const stage = new Stage([am('am', { lang })]);
    const test = stage.notifier.test('am', stage.at);
    expect(test?.message.headers).toEqual({ 'content-type': 'application/json' });
    expect(posted(test?.message.body)).toMatchObject([
      {
        labels: { alertname: 'MirrorwatchTest', mirrorwatch_origin: 'test' },
        annotations: { summary, description },
        startsAt: '2026-03-01T00:00:00.000Z',
        endsAt: '2026-03-01T00:05:00.000Z',
      },
    ]);
  });
});

describe('it stands as long as the finding', () => {
  const tick = (stage: Stage): void => stage.idle();

  it('sent again every 100 s, each time with five more minutes, and ended once', () => {
    const stage = new Stage([am()]);
    stage.open(outage);
    const ends: [number, string][] = [];
    for (let second = 0; second < 400; second += 1) {
      for (const { notice, message } of stage.send()) {
        ends.push([second, posted(message.body)[0]?.endsAt ?? '']);
        stage.end(notice, delivered);
      }
      stage.pass(1000);
      tick(stage);
    }
    expect(ends).toEqual([
      [0, '2026-03-01T00:05:00.000Z'],
      [100, '2026-03-01T00:06:40.000Z'],
      [200, '2026-03-01T00:08:20.000Z'],
      [300, '2026-03-01T00:10:00.000Z'],
    ]);
    stage.close(outage);
    const [sent] = stage.send();
    expect(posted(sent?.message.body)).toMatchObject([
      { startsAt: '2026-03-01T00:00:00.000Z', endsAt: '2026-03-01T00:06:40.000Z' },
    ]);
    if (sent) stage.end(sent.notice, delivered);
    stage.pass(10 * minute);
    tick(stage);
    expect(stage.due()).toEqual([]);
    expect([...stage.rows.keys()]).toEqual(['meta/seq/outage/a', 'meta/story/outage/a']);
  });

  it('an alert that waited for an hour has not ended on arrival, and its end is sent unchanged', () => {
    const stage = new Stage([am()]);
    stage.open(outage);
    for (let passed = 0; passed < 60; passed += 1) {
      for (const { notice } of stage.send()) stage.end(notice, later);
      stage.pass(minute);
      tick(stage);
    }
    expect(stage.outbox()).toHaveLength(1);
    const [sent] = stage.send();
    expect(posted(sent?.message.body)[0]?.endsAt).toBe('2026-03-01T01:05:00.000Z');
    if (sent) stage.end(sent.notice, later);
    stage.close(outage);
    stage.pass(10 * minute);
    const [end] = stage.send();
    expect(posted(end?.message.body)[0]?.endsAt).toBe('2026-03-01T01:00:00.000Z');
  });

  it('back-off never outlasts the alert', () => {
    const stage = new Stage([am()]);
    stage.open(outage);
    const gaps: number[] = [];
    for (let tries = 0, waited = 0; tries < 20; ) {
      const [sent] = stage.send();
      if (sent === undefined) {
        stage.pass(1000);
        waited += 1000;
        continue;
      }
      stage.end(sent.notice, later);
      gaps.push(waited);
      waited = 0;
      tries += 1;
    }
    expect(Math.max(...gaps)).toBe(limits.pushEveryMs);
  });

  it('after a restart at once, from what detect still holds open', () => {
    const stage = new Stage([am()]);
    stage.open(outage);
    stage.all(delivered);
    stage.pass(20_000);
    stage.stillOpen = [outage];
    stage.restart();
    tick(stage);
    expect(stage.all(delivered)).toEqual(['am mirror.outage 2 msg-2']);
    stage.close(outage);
    expect(posted(stage.send()[0]?.message.body)[0]?.endsAt).toBe('2026-03-01T00:00:20.000Z');
  });

  it('an Alertmanager that a reload adds gets the open findings', () => {
    const stage = new Stage([am()]);
    stage.open(outage);
    stage.all(delivered);
    const config = { ...stage.config, webhooks: [am(), am('second')] };
    stage.take(stage.notifier.reconfigure(config, stage.at));
    tick(stage);
    expect(stage.all(delivered)).toEqual(['second mirror.outage 2 msg-2']);
  });

  it('several Alertmanagers get the same alerts; a removed one gets none', () => {
    const stage = new Stage([am('one'), am('two')]);
    stage.open(outage);
    for (const { notice } of stage.send()) stage.end(notice, notice.receiver === 'one' ? gone : delivered);
    stage.pass(limits.pushEveryMs);
    tick(stage);
    expect(stage.due()).toEqual(['two mirror.outage 2 msg-3']);
  });

  it.each([
    ['mismatch', true, 'critical', 'a serves wrong bytes'],
    ['retag', true, 'critical', 'a serves wrong bytes'],
    ['fork', true, 'critical', 'a shows a forked checksum database'],
    ['retag', false, 'warning', 'a serves bytes that may be wrong'],
    ['peers', false, 'warning', 'a serves bytes that may be wrong'],
  ] as const)('a mismatch by cause %s, an authority behind it %s: %s', (cause, actionable, severity, summary) => {
    const body = renderAlertBody(
      finding('mismatch', 'a', { cause, actionable }),
      { vantage: 'v', base: null },
      'en',
      null,
    );
    expect(JSON.parse(body)).toMatchObject([{ labels: { severity }, annotations: { summary } }]);
  });

  it('an acknowledged mismatch has ended', () => {
    const stage = new Stage([am()]);
    const mismatch = finding('mismatch', 'a', { cause: 'mismatch' });
    stage.open(mismatch);
    stage.all(delivered);
    stage.pass(1000);
    const ended = { ...mismatch, state: 'acknowledged' } as const;
    stage.take(
      stage.notifier.compose({ findings: [{ change: 'acknowledged', finding: ended }], advice: [] }, stage.at),
    );
    expect(posted(stage.send()[0]?.message.body)[0]?.endsAt).toBe('2026-03-01T00:00:01.000Z');
  });

  it('a signed receiver beside it gets one message', () => {
    const stage = new Stage([am(), receiver('ops')]);
    stage.open(outage);
    stage.all(delivered);
    stage.pass(limits.pushEveryMs);
    tick(stage);
    expect(stage.all(delivered)).toEqual(['am mirror.outage 2 msg-3']);
  });
});
