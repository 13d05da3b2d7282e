import { expect, it } from 'vitest';
import { createPageSay } from '../../../src/api/page/html.ts';
import { renderActions } from '../../../src/api/page/overview.ts';
import { phrase } from '../../../src/words/tell.ts';
import { ruleOf } from '../features/actions/advice.ts';
import { fixtureAction } from './fixture-action.ts';
import { fixture } from './fixture-deps.ts';

const done = { ...fixtureAction, id: 'x.ci', state: 'done', because: null } as const;
const withActions = () => fixture({ actions: () => [fixtureAction, done], configWith: { onAdvice: [ruleOf()] } }).deps;

it('is left out where no action is configured', () => {
  expect(renderActions(createPageSay('en'), fixture().deps)).toBeNull();
});

it('shows what became of actions, why, an undo of what is done, and the brake', () => {
  const deps = withActions();
  const shown = () => renderActions(createPageSay('en'), deps)?.text ?? '';
  expect(shown()).toContain('/etc/ci/&lt;b&gt;.env cannot be read (EACCES)');
  expect(shown()).not.toContain('<b>.env');
  expect([...shown().matchAll(/data-post="([^"]+)"/g)].map(([, path]) => path)).toEqual([
    '/api/v1/actions/stop',
    '/api/v1/actions/x.ci/undo',
  ]);
  deps.stopActions(true);
  expect(shown()).toContain('actions are stopped');
  expect(shown()).toContain('data-post="/api/v1/actions/resume"');
});

it('says until when an action is held, if the end is known', () => {
  const held = { ...fixtureAction, state: 'held', held: 'hour', nextAtMs: Date.parse('2026-03-01T18:36:04Z') } as const;
  const { deps } = fixture({ actions: () => [held], configWith: { onAdvice: [ruleOf()] } });
  expect(renderActions(createPageSay('en'), deps)?.text).toMatch(
    /the limit of changes per hour is reached; held until <time [^>]+>2026-03-01 18:36 UTC<\/time>/,
  );
});

it('offers the undo of a program that failed halfway, as the API does', () => {
  const half = { ...done, kind: 'command', state: 'failed', because: phrase('acted.exit', { code: '1' }) } as const;
  const { deps } = fixture({ actions: () => [half], configWith: { onAdvice: [ruleOf()] } });
  expect(renderActions(createPageSay('en'), deps)?.text).toContain('data-post="/api/v1/actions/x.ci/undo"');
});

it('shows the key of a reason that another release stored', () => {
  const because = { key: 'acted.of another release', values: {} } as unknown as typeof fixtureAction.because;
  const { deps } = fixture({ actions: () => [{ ...fixtureAction, because }], configWith: { onAdvice: [ruleOf()] } });
  expect(renderActions(createPageSay('en'), deps)?.text).toContain('acted.of another release');
});

it('shows the key that allows an address as code', () => {
  const why = phrase('acted.forbidden', { address: '10.0.0.7', key: 'onAdvice[].http.allow' });
  const because = phrase('acted.request', { why });
  const { deps } = fixture({ actions: () => [{ ...fixtureAction, because }], configWith: { onAdvice: [ruleOf()] } });
  expect(renderActions(createPageSay('en'), deps)?.text).toContain('to <code>onAdvice[].http.allow</code></span>');
});

it('is in Chinese too', () => {
  const text = renderActions(createPageSay('zh'), withActions())?.text ?? '';
  expect(text).toContain('停止所有动作');
  expect(text).toContain('失败');
});
