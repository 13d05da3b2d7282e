import { type FindingChange, mismatchCauseOf } from '../core/finding.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Boards, Home } from './boards.ts';
import type { Labels } from './catalog.ts';
import { planKeyOf } from './plan.ts';

type TlsLabels = Readonly<Record<'registry' | 'tls_version' | 'cipher' | 'issuer', string>>;

function sameTls(a: TlsLabels | undefined, b: TlsLabels): boolean {
  return a?.tls_version === b.tls_version && a.cipher === b.cipher && a.issuer === b.issuer;
}

/** Exports the last TLS handshake and the HTTP version of each mirror. */
function createConnectionFacts(boards: Boards) {
  const shown = new Map<string, TlsLabels>();
  const spoken = new Map<string, Labels>();

  function hide(registry: string, home: Home): void {
    const labels = shown.get(registry);
    if (labels !== undefined) home.board.instruments.mirror_tls_info.remove(labels);
    home.board.instruments.mirror_tls_certificate_expiry_timestamp_seconds.remove({ registry });
    shown.delete(registry);
  }

  function certificate({ due, tls, outcome }: SettledSample): void {
    const { registry } = due.target;
    const home = boards.home(planKeyOf.mirror(registry));
    if (home === undefined) return;
    if (tls === null) {
      // If no connection opens, the last certificate stays exported. If the TLS handshake fails before a certificate
      // arrives, the last one is removed.
      if (outcome.tag === 'failed' && outcome.failure.kind === 'tls_protocol') hide(registry, home);
      return;
    }
    const labels = { registry, tls_version: tls.version, cipher: tls.cipher, issuer: tls.issuer };
    const { instruments } = home.board;
    if (!sameTls(shown.get(registry), labels)) hide(registry, home);
    shown.set(registry, labels);
    instruments.mirror_tls_info.set(labels, 1);
    if (tls.expiresAtMs === null) instruments.mirror_tls_certificate_expiry_timestamp_seconds.remove({ registry });
    else instruments.mirror_tls_certificate_expiry_timestamp_seconds.set({ registry }, tls.expiresAtMs / 1000);
  }

  /**
   * Exports the HTTP version of a probe. A probe over a forced version is ignored, because clients may get another
   * version.
   */
  function version({ due, protocol }: SettledSample): void {
    const { ecosystem, registry } = due.target;
    const home = boards.home(planKeyOf.mirror(registry));
    if (home === undefined || protocol === undefined || due.protocol !== undefined) return;
    if (spoken.get(registry)?.protocol !== protocol) forgetVersion(registry, home);
    const labels = { ecosystem, registry, protocol };
    spoken.set(registry, labels);
    home.board.instruments.mirror_protocol_info.set(labels, 1);
  }

  function forgetVersion(registry: string, home: Home): void {
    const labels = spoken.get(registry);
    if (labels !== undefined) home.board.instruments.mirror_protocol_info.remove(labels);
    spoken.delete(registry);
  }

  return {
    sample(settled: SettledSample): void {
      certificate(settled);
      version(settled);
    },
    forget(registry: string, home: Home): void {
      hide(registry, home);
      forgetVersion(registry, home);
    },
  };
}

/** Exports facts of samples and findings: the connection of each mirror, and its verified and wrong artifacts. */
export function createFactBook(boards: Boards) {
  const connections = createConnectionFacts(boards);
  const counted = new Map<string, Set<string>>();
  const verified = new Set<string>();

  function sample(settled: SettledSample): void {
    connections.sample(settled);
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
      if (home.entity.kind === 'mirror' && registry !== undefined) connections.forget(registry, home);
    }
  }

  return { sample, finding, forget, verified };
}
