import { failureTextOf, isCertificateFailure, reasonWeight } from '../core/failure.ts';
import { refTextOf } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { sinceTextOf, spanTextOf, timeTextOf } from '../words/time-words.ts';
import type { Failing } from './cause-now.ts';
import type { Grounds } from './grounds.ts';
import type { TallyRow } from './tally.ts';
import type { Trouble } from './trouble.ts';

export function failingTextOf(head: string, trouble: Failing, on: Grounds): Sentence {
  switch (trouble.kind) {
    case 'all':
      return allText(head, trouble.row, on);
    case 'downloads': {
      if (trouble.share !== null) return shareTextOf(head, trouble.share, on);
      const { reason, status, count, fromMs } = trouble.row;
      const cause = failureTextOf(reason, status);
      return phrase('ground.downloads', { head, cause, count, span: sinceTextOf(on, fromMs) });
    }
    case 'targets':
      return targetsText(head, trouble, on);
    case 'share':
      return shareTextOf(head, trouble, on);
    default:
      return trouble satisfies never;
  }
}

function allText(head: string, row: TallyRow, on: Grounds): Sentence {
  const { reason, status, count, fromMs, timeouts, waitedMs } = row;
  const values = { head, cause: failureTextOf(reason, status), count, span: sinceTextOf(on, fromMs) };
  if (timeouts === count) return phrase('ground.hangs', { ...values, waited: timeTextOf(waitedMs) });
  if (reasonWeight[reason] === 'refusal') return phrase('ground.refuses', values);
  return phrase(isCertificateFailure(reason) ? 'ground.certificate' : 'ground.down', values);
}

function targetsText(head: string, trouble: Extract<Trouble, { kind: 'targets' }>, on: Grounds): Sentence {
  const { failing, targets } = trouble;
  const [first] = failing;
  const values = {
    head,
    cause: first === undefined ? '' : failureTextOf(first.reason, first.status),
    what:
      first === undefined ? '' : phrase('ground.target', { module: refTextOf(first.target), step: first.target.step }),
    count: failing.reduce((sum, one) => sum + one.count, 0),
    span: sinceTextOf(on, Math.min(...failing.map((one) => one.fromMs))),
  };
  return failing.length === 1
    ? phrase('ground.failsOne', values)
    : phrase('ground.failsSome', { ...values, failing: failing.length, targets });
}

function shareTextOf(head: string, trouble: Extract<Trouble, { kind: 'share' }>, on: Grounds): Sentence {
  const { failed, all, reason, status, fromMs, isOfDownloads } = trouble;
  const percent = Math.round((100 * failed) / all);
  return phrase(isOfDownloads ? 'ground.unreliableDownloads' : 'ground.unreliable', {
    head,
    cause: failureTextOf(reason, status),
    failed,
    all,
    percent,
    span: sinceTextOf(on, fromMs),
  });
}

export function objectiveTextOf(head: string, { alert, here: measure, now }: Grounds): Sentence {
  const here = measure();
  const sinceMs = alert === null ? 0 : Math.max(0, now.wallMs - alert.startsAtMs);
  const values = {
    head,
    alert:
      alert === null
        ? phrase('ground.anAlert')
        : phrase('ground.alert', { name: alert.alertname, span: spanTextOf(sinceMs) }),
    probes: here.responses,
    failed: here.failed === 0 ? '' : phrase('ground.failed', { count: here.failed }),
  };
  return here.p95Ms === null
    ? phrase('ground.sloNoP95', values)
    : phrase('ground.slo', { ...values, p95: timeTextOf(here.p95Ms) });
}
