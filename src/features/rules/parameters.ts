import { error, ok, type Result } from '../../core/result.ts';
import type { Language } from '../../words/words.ts';

export interface RuleParameters {
  /**
   * The objective: the percentage of probes over 30 days that should not fail, from `sloPercentMin` to `sloPercentMax`.
   */
  readonly sloPercent: number;
  /**
   * The number of vantages (places where daemons run), 1 to `vantagesMax`. "Most vantages" means more than half of this
   * number, or of the vantages that monitor the mirror if they are more.
   */
  readonly vantages: number;
  /** The beginning of each `runbook_url`: a relative path, or an http(s) URL without a fragment. */
  readonly runbook: string;
  /** The address of Grafana, before `/d/…` in each `dashboard_url`; empty: only the path, for links within Grafana. */
  readonly grafana: string;
  readonly language: Language;
  /** A factor for all durations in the rules. It is 1 except in tests. */
  readonly timeScale: number;
}

export const defaultRuleParameters: RuleParameters = {
  sloPercent: 99,
  vantages: 1,
  runbook: 'docs/runbook.md',
  grafana: '',
  language: 'en',
  timeScale: 1,
};

/** Returns the address of the runbook of a version; without an address of the project: the path in the repository. */
export function runbookAt({ homepage, version }: { readonly homepage?: string | undefined; readonly version: string }) {
  const { runbook } = defaultRuleParameters;
  return homepage === undefined ? runbook : `${homepage}/blob/v${version}/${runbook}`;
}

/** A burn rate of the error budget. It is exceeded if the failed share is above `factor` × budget in both windows. */
export interface BurnRate {
  readonly factor: number;
  readonly longSeconds: number;
  readonly shortSeconds: number;
}

/** Units of time in seconds. */
export const minute = 60;
export const hour = 60 * minute;
export const day = 24 * hour;

/**
 * Burn rates of multi-window alerts. `fast`: 2 % of a 30-day budget in 1 hour, or 5 % in 6 hours. `slow`: 10 % in 1
 * day, or 10 % in 3 days.
 * @see The Site Reliability Workbook, chapter 5, table 5-8
 */
export const burnRates = {
  fast: [
    { factor: 14.4, longSeconds: hour, shortSeconds: 5 * minute },
    { factor: 6, longSeconds: 6 * hour, shortSeconds: 30 * minute },
  ],
  slow: [
    { factor: 3, longSeconds: day, shortSeconds: 2 * hour },
    { factor: 1, longSeconds: 3 * day, shortSeconds: 6 * hour },
  ],
} as const satisfies Record<string, readonly BurnRate[]>;

/** The minimum objective. At 93 %, the fastest burn rate would need more than all probes to fail. */
export const sloPercentMin = 94;
export const sloPercentMax = 99.999;
const vantagesMax = 1000;

/**
 * True for a relative path or an http(s) URL. Operators click the link in Alertmanager, where a `javascript:` link
 * would run. The first character must have no special meaning in YAML.
 */
function isRunbook(text: string): boolean {
  if (!/^[^\s'"#{}\\]+$/.test(text)) return false;
  return /^[a-z][a-z0-9+.-]*:/i.test(text)
    ? /^https?:\/\/[^/]/i.test(text) && URL.canParse(text)
    : /^[\w.~]/.test(text);
}

/** Checks the parameters. @returns the parameters, or one sentence for each mistake */
export function checkRuleParameters(parameters: RuleParameters): Result<RuleParameters, readonly string[]> {
  const { sloPercent, vantages, runbook, grafana, timeScale } = parameters;
  const mistakes: string[] = [];
  if (!(sloPercent >= sloPercentMin && sloPercent <= sloPercentMax))
    mistakes.push(
      `the objective is a number from ${sloPercentMin} to ${sloPercentMax} per cent: below ${sloPercentMin} an alert at 14.4 times its budget could never fire, and 100 leaves none`,
    );
  if (!Number.isInteger(vantages) || vantages < 1 || vantages > vantagesMax)
    mistakes.push(`the number of vantages is a whole number from 1 to ${vantagesMax}`);
  if (!isRunbook(runbook))
    mistakes.push('the runbook is a relative path or an http(s) URL, without spaces, quotes, braces or #');
  if (!/^(https?:\/\/[^/\s'"#{}\\?][^\s'"#{}\\?]*(?<!\/))?$/i.test(grafana))
    mistakes.push('the address of Grafana is an http(s) URL without a slash at its end, a query or #');
  if (!(timeScale > 0 && timeScale <= 1)) mistakes.push('the time scale is above 0 and at most 1');
  return mistakes.length === 0 ? ok(parameters) : error(mistakes);
}

/** Returns the error budget as a share of all probes, 0 to 1. */
export function budgetShareOf({ sloPercent }: RuleParameters): number {
  return Number((1 - sloPercent / 100).toFixed(8));
}
