import type { ActionChange, ActionRow } from '../../../src/core/action.ts';
import type { Advice, AdviceChange } from '../../../src/core/advice.ts';
import type { Config, Receiver } from '../../../src/core/config.ts';
import { webhookEvents } from '../../../src/core/config.ts';
import type { Finding, FindingKind } from '../../../src/core/finding.ts';
import type { Delivery, Notice } from '../../../src/core/notice.ts';
import type { Now, Random, Row } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Standing } from '../../../src/core/standing.ts';
import type { Sendable } from '../../../src/notify/notifier.ts';
import { createNotifier } from '../../../src/notify/notifier.ts';
import type { NotifyTurn } from '../../../src/notify/outbox.ts';
import { sampleAdvice, sampleFinding } from '../../support/samples.ts';

type Notifier = ReturnType<typeof createNotifier>;

const start: Now = { wallMs: Date.parse('2026-03-01T00:00:00.000Z'), monotonicMs: 5_000 };

export const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;
export const delivered: Delivery = { tag: 'delivered', status: 204 };
export const later: Delivery = { tag: 'failed', failure: { kind: 'status', status: 503, retry: 'later' } };
export const gone: Delivery = { tag: 'failed', failure: { kind: 'gone', status: 410, retry: 'never' } };

export function receiver(name: string, more: Partial<Receiver> = {}): Receiver {
  return {
    name,
    url: new Secret(`https://hooks.example.com/${name}?key=hunter2`),
    secrets: [new Secret(secret)],
    format: 'standard',
    lang: 'en',
    on: webhookEvents,
    allow: ['10.0.0.0/8'],
    ...more,
  };
}

export function finding(kind: FindingKind, registry: string | null, more: Partial<Finding> = {}): Finding {
  const upstream = registry === null ? null : 'go';
  return sampleFinding({
    id: `${kind}-${registry}`,
    kind,
    ecosystem: upstream,
    upstream,
    registry,
    scope: [{ module: 'example.com/m', version: 'v1.0.0', step: 'mod' }],
    openedAtMs: start.wallMs,
    confidence: 'low',
    evidence: {
      samples: 3,
      failures: 0,
      observedSeconds: 1.3,
      baselineSeconds: 0.2,
      thresholdSeconds: null,
      probeIds: ['p1'],
    },
    text: 'slow',
    ...more,
  });
}

export function advice(id: string, more: Partial<Advice> = {}): Advice {
  return sampleAdvice({
    id,
    issuedAtMs: start.wallMs,
    expiresAtMs: start.wallMs + 1000,
    reason: 'r',
    evidence: {
      windowSeconds: 4,
      samples: 3,
      observedSeconds: null,
      baselineSeconds: null,
      failures: { refused: 3 },
      findings: ['f'],
    },
    candidates: [{ registry: 'b', scoreSeconds: 0.4, gate: 'ok', sum: null, bound: null }],
    expected: {
      availability: { before: 0, after: 1 },
      p95Seconds: { before: null, after: 0.2 },
      fetchCostSeconds: { before: null, after: null },
    },
    confidence: 'low',
    remedy: { env: "export GOPROXY='https://b.example.com'" },
    ...more,
  });
}

/** A notifier with its clock, its rows as they would be stored, and what it counted. */
export class Stage {
  at: Now = start;
  readonly rows = new Map<string, Row>();
  readonly outcomes: string[] = [];
  readonly defects: unknown[] = [];
  config: Config;
  notifier: Notifier;
  /** What detect holds open when it starts again. */
  stillOpen: readonly Finding[] = [];
  readonly #outbox: number | undefined;
  #ids = 0;

  constructor(receivers: readonly Receiver[], outbox?: number) {
    this.#outbox = outbox;
    this.config = {
      vantage: 'test',
      listen: { host: '127.0.0.1', port: 10120, token: null, tls: null },
      webhooks: receivers,
    } as unknown as Config;
    this.notifier = this.#make([]);
  }

  #make(restored: readonly Row[]): Notifier {
    const random: Random = {
      next: () => 0.5,
      id: () => {
        this.#ids += 1;
        return `msg-${this.#ids}`;
      },
    };
    const bound = this.#outbox === undefined ? {} : { outbox: this.#outbox };
    const defect = (cause: unknown) => void this.defects.push(cause);
    return createNotifier({
      config: this.config,
      restored,
      open: this.stillOpen,
      random,
      now: this.at,
      defect,
      ...bound,
    });
  }

  restart(): void {
    this.notifier = this.#make(JSON.parse(JSON.stringify([...this.rows.values()])) as Row[]);
  }

  pass(ms: number): void {
    this.at = { wallMs: this.at.wallMs + ms, monotonicMs: this.at.monotonicMs + ms };
  }

  take(turn: NotifyTurn): void {
    for (const { table, key } of turn.deletes) this.rows.delete(`${table}/${key}`);
    for (const row of turn.rows) this.rows.set(`${row.table}/${row.key}`, row);
    for (const { receiver: name, outcome } of turn.outcomes) this.outcomes.push(`${name} ${outcome}`);
  }

  open(one: Finding): void {
    this.take(this.notifier.compose({ findings: [{ change: 'opened', finding: one }], advice: [] }, this.at));
  }

  change(one: Finding): void {
    this.take(this.notifier.compose({ findings: [{ change: 'changed', finding: one }], advice: [] }, this.at));
  }

  close(one: Finding): void {
    const finding: Finding = { ...one, state: 'closed', closedAtMs: this.at.wallMs };
    this.take(this.notifier.compose({ findings: [{ change: 'closed', finding }], advice: [] }, this.at));
  }

  advise(change: AdviceChange['change'], one: Advice): void {
    this.take(this.notifier.compose({ findings: [], advice: [{ change, advice: one }] }, this.at));
  }

  act(result: ActionChange['result'], row: ActionRow): void {
    this.take(this.notifier.compose({ findings: [], advice: [], acted: [{ result, row }] }, this.at));
  }

  /** A turn in which nothing came. */
  idle(): void {
    this.take(this.notifier.compose({ findings: [], advice: [] }, this.at));
  }

  /** A turn with the standings of mirrors. */
  see(standings: readonly Standing[]): void {
    this.take(this.notifier.compose({ findings: [], advice: [], standings }, this.at));
  }

  send(): readonly Sendable[] {
    return this.notifier.takeDue(this.at);
  }

  /** What is due, as `receiver type seq id`. */
  due(): string[] {
    return this.send().map(({ notice }) => line(notice));
  }

  end(notice: Notice, delivery: Delivery): void {
    this.take(this.notifier.delivered(notice, delivery, this.at));
  }

  /** Sends what is due and ends each in the same way; gives what was sent. */
  all(delivery: Delivery): string[] {
    const sent = this.send();
    for (const { notice } of sent) this.end(notice, delivery);
    return sent.map(({ notice }) => line(notice));
  }

  outbox(): string[] {
    return [...this.rows.keys()].filter((key) => key.startsWith('outbox/'));
  }
}

function line(notice: Notice): string {
  return `${notice.receiver} ${notice.type} ${notice.seq} ${notice.id}`;
}
