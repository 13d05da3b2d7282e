/** Of the API's answers, what these tests read; written from docs/api.md, not from the source. */
export interface MirrorJson {
  readonly registry: string;
  readonly state: string;
  readonly because: string;
  readonly inDoubt: boolean;
  readonly gate: string | null;
  readonly rank: number | null;
  readonly authorityCost: { readonly relayed: CostJson | null; readonly direct: CostJson | null } | null;
}

export type CostJson = { readonly requests: number; readonly seconds: number };

export interface TargetJson {
  readonly id: string;
  readonly registry: string;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: string;
  readonly canary: boolean;
  readonly lastAt: string | null;
  readonly lastRttSeconds: number | null;
  readonly lastOutcome: string | null;
  readonly slowStreak: number | null;
  readonly baselineSeconds: number | null;
  readonly thresholdSeconds: number | null;
  readonly probeId: string | null;
}

export interface FindingJson {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly registry: string | null;
  readonly cause: string;
  readonly vantage: string;
  readonly text: string;
  readonly scope: readonly { readonly module: string | null; readonly step: string | null }[];
  readonly evidence: { readonly samples: number; readonly probeIds: readonly string[] };
}

export interface AdviceJson {
  readonly id: string;
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly cause: string;
  readonly refusal: string | null;
  readonly chain: { readonly before: string; readonly after: string };
  readonly remedy: Readonly<Record<string, string>>;
  readonly rollback: string;
}

export interface ProbeJson {
  readonly id: string;
  readonly target: { readonly registry: string; readonly module: string | null; readonly step: string };
  readonly outcome: { readonly tag: string; readonly failure?: { readonly kind: string }; readonly because?: string };
  readonly rttSeconds: number | null;
  readonly phasesSeconds: Readonly<Record<string, number>>;
  readonly facts: { readonly verified: { readonly algorithm: string; readonly against: string } | null };
  readonly hops: readonly { readonly url: string; readonly status: number | null; readonly aside: boolean }[] | null;
}

export type Mirrors = { readonly mirrors: readonly MirrorJson[] };
export type Targets = { readonly targets: readonly TargetJson[] };
export type Findings = { readonly findings: readonly FindingJson[] };
export type Advices = { readonly advice: readonly AdviceJson[] };
