import { expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { abc, chain, failDownloads, only } from './outage.ts';
import { Stage } from './stage.ts';

const zip = { module: 'left.example', version: 'v1.0.0', step: 'zip' };
const medium = { confidence: 'medium', scope: [zip], actionable: false } as const;

it('raises the confidence of advice that a test supports, to the word of its finding', () => {
  const stage = failDownloads();
  const { id } = stage.open('a', 'outage', medium);
  stage.consider();
  expect(only(stage)).toMatchObject({ confidence: 'medium', evidence: { findings: [id] } });
  stage.open('a', 'outage', { ...medium, confidence: 'high' });
  stage.consider();
  expect(only(stage).confidence).toBe('high');
  stage.shut('a', 'outage');
  stage.consider();
  expect(only(stage).confidence).toBe('high');
  expect(stage.story()).toEqual(['proposed unreliable b']);
});

it.each<[string, Partial<Finding>, Partial<Finding> | null]>([
  ['of a step that no fetch needs', { scope: [{ ...zip, step: 'list' }] }, null],
  ['of one address family', { scope: [{ ...zip, family: 6 }] }, null],
  ['of one HTTP version', { scope: [{ ...zip, protocol: '2' }] }, null],
  ['of the advised mirror too', {}, {}],
  ['found while our network was suspect', { vantage: 'suspect' }, null],
  ['that an operator acknowledged', { state: 'acknowledged' }, null],
])('does not raise it: an outage %s', (_name, here, there) => {
  const stage = failDownloads();
  stage.open('a', 'outage', { ...medium, ...here });
  if (there !== null) stage.open('b', 'outage', { ...medium, ...there });
  stage.consider();
  expect(only(stage)).toMatchObject({ to: 'b', confidence: 'low' });
});

it('does not raise it: our network is suspect', () => {
  const stage = failDownloads();
  stage.open('a', 'outage', medium);
  stage.suspect = true;
  stage.consider();
  expect(only(stage).confidence).toBe('low');
});

it('raises the confidence of new advice because of slowness', () => {
  const stage = new Stage(chain, abc);
  stage.paces(6, { a: 200, b: 200, c: 200 });
  const { id } = stage.open('a', 'outage', medium);
  while (stage.changes.length === 0 && stage.seconds < 3_600) stage.paces(1, { a: 1_300, b: 200, c: 200 });
  expect(only(stage)).toMatchObject({ cause: 'slower', confidence: 'medium', evidence: { findings: [id] } });
});
