import type { ActionRow } from '../../../src/core/action.ts';
import { fixtureAdvice } from './fixture-advice.ts';

/** An action on the advice of the fixtures that failed, with all that a row can say. */
export const fixtureAction: ActionRow = {
  id: `${fixtureAdvice.id}.ci`,
  action: 'ci',
  kind: 'file',
  mode: 'auto',
  advice: fixtureAdvice,
  state: 'failed',
  held: null,
  plannedAtMs: fixtureAdvice.issuedAtMs,
  endedAtMs: fixtureAdvice.issuedAtMs + 40,
  attempts: 3,
  nextAtMs: null,
  because: { key: 'acted.unreadable', values: { file: '/etc/ci/<b>.env', code: 'EACCES' } },
  output: '--- /etc/ci/goproxy.env\n+++ /etc/ci/goproxy.env',
  kept: '7',
  isInterrupted: true,
  undoneBy: null,
};
