import { isCertificateFailure, type Reason } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { Standing } from '../../core/standing.ts';
import { messageFor } from '../../words/tell.ts';
import { isNumber, openFinding } from '../memory/lookups.ts';
import type { FindingRule, Judged } from '../memory/rule.ts';
import { type FindingStatement, scopeOf } from '../memory/says.ts';

export type CertificateFact = 'good' | 'expires_soon' | Extract<Reason, `tls_${string}`> | null;

export function readCertificate(sample: Pick<Sample, 'outcome' | 'tls'>, wallMs: number): CertificateFact {
  if (sample.outcome.tag === 'failed' && isCertificateFailure(sample.outcome.failure.kind)) {
    return sample.outcome.failure.kind as Extract<Reason, `tls_${string}`>;
  }
  if (sample.tls === null || sample.tls.expiresAtMs === null) return null;
  const leftMs = sample.tls.expiresAtMs - wallMs;
  if (leftMs <= 0) return 'tls_expired';
  return leftMs < limits.certificateWarnMs ? 'expires_soon' : 'good';
}

/** `statement`: what the last responses with a certificate say, `inRow` of them in succession. */
interface CertificateState {
  readonly statement: Exclude<CertificateFact, null> | null;
  readonly inRow: number;
  readonly shown: Standing['certificate'];
}

export const noCertificate: CertificateState = { statement: null, inRow: 0, shown: null };

export function updateCertificate(state: CertificateState, statement: CertificateFact): CertificateState {
  if (statement === null) return state;
  return { ...state, statement, inRow: statement === state.statement ? state.inRow + 1 : 1 };
}

/**
 * Whether the finding opens or closes; `null`: neither. A single failure does not open it, because a captive portal may
 * have sent the certificate.
 */
export function judgeCertificate({ statement, inRow }: CertificateState): 'open' | 'closed' | null {
  if (statement === null) return null;
  if (statement === 'expires_soon') return 'open';
  if (inRow < 2) return null;
  return statement === 'good' ? 'closed' : 'open';
}

function certificateFinding({ view, mirror, sample }: Judged, state: CertificateState): FindingStatement {
  const { name } = mirror.mirror;
  const { wallMs } = view.now;
  const verdict = judgeCertificate(state);
  const known = openFinding(view, 'certificate', name);
  if (verdict === 'closed') return known && { tag: 'well', ...messageFor('found.certificate.well', { name }) };
  const cause = state.statement;
  if (verdict !== 'open' || cause === null || cause === 'good') return null;
  const probeIds = known?.evidence.probeIds ?? [sample.due.probeId];
  const endMs = sample.tls?.expiresAtMs ?? null;
  const days = Math.floor(((endMs ?? wallMs) - wallMs) / 86_400_000);
  const isOver = cause === 'tls_expired' && endMs !== null && endMs <= wallMs;
  return {
    tag: 'trouble',
    scope: known?.scope ?? scopeOf([sample.due.target]),
    cause,
    evidence: { samples: state.inRow, failures: state.inRow, probeIds },
    actionable: cause !== 'expires_soon',
    ...(cause === 'expires_soon'
      ? messageFor('found.certificateSoon', { name, days })
      : isOver
        ? messageFor('found.certificateOver', { name, cause, day: new Date(endMs).toISOString().slice(0, 10) })
        : messageFor('found.certificate', { name, cause })),
  };
}

/** Finds certificates that fail verification or expire soon. */
export const certificate: FindingRule<CertificateState> = {
  name: 'certificate',
  kind: 'certificate',
  none: () => noCertificate,
  judge(before, judged) {
    const { view, sample } = judged;
    const reading = readCertificate(sample, view.now.wallMs);
    const shown = shownAfter(before.shown, sample.tls);
    const state = { ...updateCertificate(before, reading), shown };
    return {
      mirror: state,
      isDirty: shown?.expiresAtMs !== before.shown?.expiresAtMs,
      statement: reading === null ? null : certificateFinding(judged, state),
    };
  },
  write: ({ shown }) => ({ expiresAtMs: shown?.expiresAtMs ?? null }),
  read: ({ expiresAtMs }) =>
    isNumber(expiresAtMs) ? { ...noCertificate, shown: { expiresAtMs, authorizationCode: null } } : null,
  shows: ({ shown }) => ({ certificate: shown }),
};

function shownAfter(shown: Standing['certificate'], tls: Sample['tls']): Standing['certificate'] {
  if (tls === null) return shown;
  const { expiresAtMs, authorizationCode } = tls;
  const isSame = shown?.expiresAtMs === expiresAtMs && shown.authorizationCode === authorizationCode;
  return isSame ? shown : { expiresAtMs, authorizationCode };
}
