import { isDeepStrictEqual } from 'node:util';
import { type FindingChange, mismatchCauseOf } from '../core/finding.ts';
import type { SettledSample } from '../core/sample.ts';
import { type Boards, type Home, planKeyOf, type ShardBoard } from './boards.ts';
import type { Gauge } from './prom-client.ts';

/** Exports one series with the value 1 for each mirror: other labels replace the series before. */
function createInfo<L extends string>(gaugeOf: (board: ShardBoard) => Pick<Gauge<L>, 'set' | 'remove'>) {
  const shown = new Map<string, Readonly<Record<L, string>>>();

  function hide({ board, entity }: Home): void {
    const labels = shown.get(entity.key);
    if (labels !== undefined) gaugeOf(board).remove(labels);
    shown.delete(entity.key);
  }

  function show(home: Home, labels: Readonly<Record<L, string>>): void {
    if (!isDeepStrictEqual(shown.get(home.entity.key), labels)) hide(home);
    shown.set(home.entity.key, labels);
    gaugeOf(home.board).set(labels, 1);
  }

  return { hide, show };
}

/** Exports the last TLS handshake and the HTTP version of each mirror. */
function createConnectionFacts(boards: Boards) {
  const shown = createInfo(({ instruments }) => instruments.mirror_tls_info);
  const spoken = createInfo(({ instruments }) => instruments.mirror_protocol_info);

  function certificate(home: Home, { due, tls, outcome }: SettledSample): void {
    const { registry } = due.target;
    const expiry = home.board.instruments.mirror_tls_certificate_expiry_timestamp_seconds;
    if (tls !== null) {
      shown.show(home, { registry, tls_version: tls.version, cipher: tls.cipher, issuer: tls.issuer });
      if (tls.expiresAtMs === null) expiry.remove({ registry });
      else expiry.set({ registry }, tls.expiresAtMs / 1000);
    } else if (outcome.tag === 'failed' && outcome.failure.kind === 'tls_protocol') {
      // If no connection opens, the last certificate stays exported. If the TLS handshake fails before a certificate
      // arrives, the last one is removed.
      shown.hide(home);
      expiry.remove({ registry });
    }
  }

  return {
    sample(settled: SettledSample): void {
      const { due, protocol } = settled;
      const { ecosystem, registry } = due.target;
      const home = boards.home(planKeyOf.mirror(registry));
      if (home === undefined) return;
      certificate(home, settled);
      // A probe over a forced version is ignored, because clients may get another version.
      if (protocol !== undefined && due.protocol === undefined) spoken.show(home, { ecosystem, registry, protocol });
    },
    forget(registry: string, home: Home): void {
      shown.hide(home);
      spoken.hide(home);
      home.board.instruments.mirror_tls_certificate_expiry_timestamp_seconds.remove({ registry });
    },
  };
}

/**
 * Exports what is left of each mirror's quota. Some steps of a mirror may state none, so only a later sample of the same
 * step ends the series.
 */
function createQuotaFacts(boards: Boards) {
  const stepOf = new Map<string, string>();

  function hide({ board, entity }: Home): void {
    const { ecosystem = '', registry = '' } = entity.labels;
    board.instruments.mirror_quota_remaining_ratio.remove({ ecosystem, registry });
    stepOf.delete(registry);
  }

  return {
    hide,
    sample({ due, outcome, quotaLeft }: SettledSample): void {
      const { ecosystem, registry, step } = due.target;
      const home = boards.home(planKeyOf.mirror(registry));
      if (home === undefined || outcome.tag === 'unknown') return;
      if (quotaLeft !== undefined) {
        stepOf.set(registry, step);
        home.board.instruments.mirror_quota_remaining_ratio.set({ ecosystem, registry }, quotaLeft);
      } else if (stepOf.get(registry) === step) hide(home);
    },
  };
}

/** Exports facts of samples and findings: the connection of each mirror, and its verified and wrong artifacts. */
export function createFactBook(boards: Boards) {
  const connections = createConnectionFacts(boards);
  const quotas = createQuotaFacts(boards);
  const counted = new Map<string, Set<string>>();
  const verified = new Set<string>();

  function sample(settled: SettledSample): void {
    connections.sample(settled);
    quotas.sample(settled);
    const { target, purpose } = settled.due;
    if (purpose !== 'scheduled' || settled.outcome.tag !== 'ok' || settled.facts.verified === undefined) return;
    const home = boards.home(planKeyOf.artifact(target.registry, target.module, target.version));
    if (home === undefined) return;
    verified.add(home.entity.key);
    home.board.instruments.mirror_integrity_verified_total.inc(home.entity.labels);
  }

  /** Counts each artifact of a mismatch once per cause. A mismatch from before a restart is not counted again. */
  function finding({ change, finding: found }: FindingChange): void {
    if (found.kind !== 'mismatch' || found.registry === null) return;
    if (change === 'opened') counted.set(found.id, new Set());
    const known = counted.get(found.id);
    if (known === undefined) return;
    for (const item of found.scope) {
      const cause = mismatchCauseOf(found, item);
      const key = planKeyOf.artifact(found.registry, item.module, item.version);
      const home = boards.home(key);
      if (home === undefined || known.has(`${cause} ${key}`)) continue;
      known.add(`${cause} ${key}`);
      home.board.instruments.mirror_integrity_mismatches_total.inc({ ...home.entity.labels, cause });
    }
    if (change === 'closed' || change === 'acknowledged') counted.delete(found.id);
  }

  function forget(gone: readonly Home[]): void {
    for (const home of gone) {
      verified.delete(home.entity.key);
      const { registry } = home.entity.labels;
      if (home.entity.kind !== 'mirror' || registry === undefined) continue;
      connections.forget(registry, home);
      quotas.hide(home);
    }
  }

  return { sample, finding, forget, verified };
}
