/**
 * The rules of the judge that a simulation can leave out (`npm run scenarios -- --without NAME`), to see what each one
 * is worth. The daemon uses all of them.
 * @see docs/decisions/0220-what-a-rule-is-worth.md
 */
export const judgeRules = [
  'below-zero',
  'busy-503',
  'followed-failures',
  'hourly',
  'old-failures',
  'own-burst',
  'passed-over',
  'policies',
  'provisional',
  'proxy-line',
  'review',
  'slow-start',
  'spells',
  'withdrawals',
] as const;

export type JudgeRule = (typeof judgeRules)[number];

/** The rules that are left out. */
export type Without = ReadonlySet<JudgeRule>;

export const withoutNone: Without = new Set();
