import { expect, test } from 'vitest';
import {
  becauses,
  isNamedBefore,
  isOutageReason,
  isTimeout,
  phases,
  type Reason,
  reasons,
  reasonWeight,
} from '../../../src/core/failure.ts';

const words = (text: string): string[] => text.split(' ').sort();

test('the reasons are those of docs/reasons.md, no more and no fewer', () => {
  expect([...reasons].sort()).toEqual(
    words(
      'resolve_not_found resolve_failed refused unreachable reset proxy timeout_resolve timeout_connect timeout_tls timeout_processing timeout_transfer tls_expired tls_untrusted tls_name tls_pin tls_protocol tls_client cut throttled denied policy absent server status redirect forbidden_target wrong_content malformed oversize masked_upstream mismatch',
    ),
  );
  expect([...becauses].sort()).toEqual(
    words('contaminated vantage proxy resolver local paused over_budget shutdown defect'),
  );
  expect(phases).toEqual(['resolve', 'connect', 'tls', 'processing', 'transfer']);
});

test('what counts towards an outage is what docs/detection.md lists', () => {
  const counting = reasons.filter(isOutageReason);
  expect([...counting].sort()).toEqual(
    words(
      'resolve_not_found resolve_failed refused unreachable reset proxy timeout_resolve timeout_connect timeout_tls timeout_processing timeout_transfer tls_expired tls_untrusted tls_name tls_pin tls_protocol cut server redirect wrong_content malformed oversize masked_upstream',
    ),
  );
  expect(reasons.filter((reason) => reasonWeight[reason] === 'refusal').sort()).toEqual(
    words('throttled denied policy absent status tls_client forbidden_target'),
  );
  expect(reasons.filter((reason) => reasonWeight[reason] === 'content').sort()).toEqual(words('mismatch'));
});

test('a timeout is one in each phase', () =>
  expect(reasons.filter(isTimeout).sort()).toEqual(phases.map((phase) => `timeout_${phase}`).sort()));

test.each<[before: Reason | null, now: Reason | null, isConfirm: boolean, named: boolean]>([
  ['server', 'timeout_processing', true, true],
  ['masked_upstream', 'timeout_connect', true, true],
  // A scheduled probe waits for the response.
  ['server', 'timeout_processing', false, false],
  ['server', 'refused', true, false],
  ['server', null, true, false],
  // A refusal decides on the cause of advice. It must not hide that the mirror hangs now.
  ['denied', 'timeout_processing', true, false],
  ['throttled', 'timeout_processing', true, false],
  // These responses say nothing by their status.
  ['malformed', 'timeout_processing', true, false],
  ['cut', 'timeout_processing', true, false],
  [null, 'timeout_processing', true, false],
])('after %s, %s (confirming: %s): the first names the trouble: %s', (before, reason, isConfirm, named) =>
  expect(isNamedBefore(before, { reason, isConfirm })).toBe(named),
);
