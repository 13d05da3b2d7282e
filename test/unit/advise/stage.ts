import { Advisor } from '../../../src/advise/advisor.ts';
import type { Advice, AdviceChange } from '../../../src/core/advice.ts';
import type { Config } from '../../../src/core/config.ts';
import type { Purpose, RecheckOrder } from '../../../src/core/due.ts';
import type { AlertEvidence } from '../../../src/core/evidence.ts';
import type { ProbeFailure } from '../../../src/core/failure.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { Mirror, Step } from '../../../src/core/mirror.ts';
import type { Now, Random, Row } from '../../../src/core/ports.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Standing, VantageStanding } from '../../../src/core/standing.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { every, sampleConfig, sampleMirror } from '../../support/sample-config.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { sampleDue, sampleFinding, sampleOf, sampleStanding } from '../../support/samples.ts';

const startWallMs = Date.parse('2026-03-01T00:00:00.000Z');

export const mirror = sampleMirror;

export function config(mirrors: readonly Mirror[], more: Partial<Config> = {}): Config {
  const { steps: all, schedule } = sampleConfig();
  const slower = Object.fromEntries(registry.steps.map((step) => [step, every(300_000)])) as typeof all;
  return sampleConfig({
    steps: { ...slower, mod: schedule.pace },
    mirrors,
    modules: [{ ecosystem: 'go', upstream: 'go', module: 'example.com/m', version: 'v1.0.0' }],
    settings: { go: { sumdb: { name: 'sum.example.com', verifierKey: 'k', url: null } } },
    ...more,
  });
}

export type Said = number | ProbeFailure['kind'] | { status: number; kind: 'masked_upstream' | 'server' | 'absent' };

/** A small world around an advisor: it says what mirrors answer and what detect found, and moves the clock. */
export class Stage {
  at: Now = { wallMs: startWallMs, monotonicMs: 1_000_000 };
  config: Config;
  declared: string;
  advisor: Advisor;
  readonly rows = new Map<string, Row>();
  readonly changes: {
    readonly atSeconds: number;
    readonly change: AdviceChange['change'];
    readonly state: string;
    readonly cause: string;
    readonly to: string;
  }[] = [];
  /** Each advice as each change left it, in order. */
  readonly advice: Advice[] = [];
  readonly findings = new Map<string, Finding>();
  readonly marks = new Map<string, Partial<Standing>>();
  /** Alerts of others that fire, by mirror. */
  readonly alerts = new Map<string, readonly AlertEvidence[]>();
  /** What the last consideration ordered to be asked again. */
  looks: readonly RecheckOrder[] = [];
  suspect: boolean | null = false;
  #ids = 0;

  constructor(declared: string, mirrors: readonly Mirror[], more: Partial<Config> = {}) {
    this.config = config(mirrors, { clients: { go: new Secret(declared) }, ...more });
    this.declared = declared;
    this.advisor = this.#make([]);
  }

  #make(restored: readonly Row[]): Advisor {
    const random: Random = { next: () => 0.5, id: () => `id-${this.#next()}` };
    return new Advisor({ config: this.config, declared: () => this.declared, restored, random, now: this.at });
  }

  #next(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** The process ends and starts again on what was stored, as JSON. */
  restart(): void {
    this.advisor = this.#make(JSON.parse(JSON.stringify([...this.rows.values()])) as Row[]);
  }

  get seconds(): number {
    return (this.at.monotonicMs - 1_000_000) / 1000;
  }

  pass(seconds: number): void {
    this.at = { wallMs: this.at.wallMs + seconds * 1000, monotonicMs: this.at.monotonicMs + seconds * 1000 };
  }

  sample(
    registry: string,
    said: Said,
    more: {
      step?: Step;
      round?: string;
      purpose?: Purpose;
      thresholdMs?: number | null;
      notOffered?: boolean;
      cold?: boolean;
      bytes?: number;
      module?: string;
      probeId?: string;
      isOfPace?: boolean;
      isObsolete?: boolean;
      isWithheld?: boolean;
      loopDelayMsMax?: number;
    } = {},
  ): boolean {
    const sample = this.#sampleOf(registry, said, more);
    return this.advisor.observe(sample, this.at);
  }

  /** A probe, usually of the canary, that is out for so long; its answer comes later, by the same id. */
  late(registry: string, outMs: number, probeId: string, more: { step?: Step; purpose?: Purpose } = {}): void {
    const { due } = this.#sampleOf(registry, outMs, { ...more, probeId });
    this.advisor.late(due, outMs, this.at);
  }

  #sampleOf(registry: string, said: Said, more: NonNullable<Parameters<Stage['sample']>[2]>): SettledSample {
    const step = more.step ?? 'mod';
    const versioned = step === 'mod' || step === 'info' || step === 'zip';
    const module = step === 'sumdb' ? null : (more.module ?? 'example.com/m');
    const version = versioned ? 'v1.0.0' : null;
    const tookMs = typeof said === 'number' ? said : 40;
    const failure = typeof said === 'number' ? null : failureOf(said);
    return {
      ...(more.isOfPace === undefined ? {} : { isOfPace: more.isOfPace }),
      ...(more.isObsolete === undefined ? {} : { isObsolete: more.isObsolete }),
      ...(more.isWithheld === undefined ? {} : { isWithheld: more.isWithheld }),
      ...sampleOf(
        sampleDue(
          sampleTarget({ registry, module, version, step, canary: step === 'mod' && more.module === undefined }),
          {
            probeId: more.probeId ?? `p-${this.#next()}`,
            purpose: more.purpose ?? (more.round === undefined ? 'scheduled' : 'confirm'),
            plannedAtMs: this.at.monotonicMs,
            round: more.round === undefined ? null : { id: more.round, moment: 0 },
          },
        ),
      ),
      startedAtMs: this.at.wallMs,
      startedMonotonicMs: this.at.monotonicMs,
      endedMonotonicMs: this.at.monotonicMs + tookMs,
      outcome: failure === null ? { tag: 'ok' } : { tag: 'failed', failure },
      rttMs: tookMs,
      bytes: more.bytes ?? 0,
      status: statusOf(said),
      facts: more.notOffered === undefined ? {} : { notOffered: more.notOffered },
      loopDelayMsMax: more.loopDelayMsMax ?? 0,
      cold: more.cold ?? false,
      thresholdMs: more.thresholdMs === undefined ? 800 : more.thresholdMs,
      baselineMs: 200,
    };
  }

  /** `count` paces of 30 s in which each mirror answers as said; considered after each. */
  paces(count: number, said: Readonly<Record<string, Said>>): void {
    for (let i = 0; i < count; i += 1) {
      this.pass(30);
      for (const [registry, one] of Object.entries(said)) this.sample(registry, one);
      this.consider();
    }
  }

  open(registry: string, kind: Finding['kind'], more: Partial<Finding> = {}): Finding {
    const finding = sampleFinding({
      id: `f-${registry}-${kind}`,
      kind,
      registry,
      openedAtMs: this.at.wallMs,
      cause: kind === 'outage' ? 'refused' : 'slow',
      confidence: 'low',
      evidence: {
        samples: 3,
        failures: 3,
        observedSeconds: 1.3,
        baselineSeconds: 0.2,
        thresholdSeconds: 0.8,
        probeIds: [],
      },
      ...more,
    });
    this.findings.set(finding.id, finding);
    return finding;
  }

  shut(registry: string, kind: Finding['kind']): void {
    this.findings.delete(`f-${registry}-${kind}`);
  }

  mark(registry: string, standing: Partial<Standing>): void {
    this.marks.set(registry, standing);
  }

  standings(): Standing[] {
    return this.config.mirrors.map((one) => {
      const findings = [...this.findings.values()].filter((finding) => finding.registry === one.name);
      const down = findings.some((finding) => finding.kind === 'outage' && finding.actionable);
      return sampleStanding(one.name, {
        ecosystem: one.ecosystem,
        upstream: one.upstream,
        state: down ? 'down' : findings.length > 0 ? 'degraded' : 'up',
        findings,
        ...this.marks.get(one.name),
      });
    });
  }

  consider(): void {
    const vantage: VantageStanding = { suspect: this.suspect, sinceMs: null, controls: [], contaminatedShare: 0 };
    const turn = this.advisor.consider({ standings: this.standings(), vantage, evidence: this.alerts }, this.at);
    this.looks = turn.rechecks;
    this.#take(turn);
  }

  dismiss(id: string, forMs: number): void {
    const result = this.advisor.dismiss(id, forMs, 'known', this.at);
    if (result.tag === 'error') throw new Error(result.error);
    this.#take(result.value);
  }

  alert(registry: string, over: Partial<AlertEvidence> = {}): void {
    const alert: AlertEvidence = {
      fingerprint: `f-${registry}`,
      alertname: 'MirrorSlow',
      registry,
      startsAtMs: this.at.wallMs - 120_000,
      takenAtMs: this.at.wallMs,
      heardAtMs: this.at.wallMs,
      state: 'firing',
      ...over,
    };
    this.alerts.set(registry, [alert]);
  }

  accept(id: string): void {
    const result = this.advisor.accept(id, this.at);
    if (result.tag === 'error') throw new Error(result.error);
    this.#take(result.value);
  }

  reconfigure(declared: string, next: Config = this.config): void {
    this.config = next;
    this.declared = declared;
    this.#take(this.advisor.reconfigure(next, () => declared, this.at));
  }

  #take(turn: { changes: readonly AdviceChange[]; rows: readonly Row[] }): void {
    this.advice.push(...turn.changes.map(({ advice }) => advice));
    for (const { change, advice } of turn.changes)
      this.changes.push({ atSeconds: this.seconds, change, state: advice.state, cause: advice.cause, to: advice.to });
    for (const row of turn.rows) this.rows.set(`${row.table}/${row.key}`, row);
  }

  /** `change cause to`, in order. */
  story(): string[] {
    return this.changes.map((one) => `${one.change} ${one.cause} ${one.to}`);
  }
}

function failureOf(said: Exclude<Said, number>): ProbeFailure {
  if (typeof said === 'object') return said;
  if (said.startsWith('timeout_')) return { kind: said as 'timeout_connect', limitMs: 10_000 };
  return { kind: said as 'refused', code: 'X' };
}

function statusOf(said: Said): number | null {
  if (typeof said === 'number') return 200;
  return typeof said === 'object' ? said.status : null;
}
