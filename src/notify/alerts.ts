import type { Advice } from '../core/advice.ts';
import { formatCommand } from '../core/command-line.ts';
import type { Config, Receiver } from '../core/config.ts';
import { originLabel } from '../core/evidence.ts';
import {
  type Finding,
  type FindingKind,
  findingTextKeyOf,
  isDeliberate,
  isDisputed,
  kindTraits,
  type Severity,
  storyOf,
} from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { definedOf } from '../core/part.ts';
import type { Now } from '../core/ports.ts';
import { urlOfListener } from '../core/url.ts';
import { stamp } from '../core/views.ts';
import { renderIn } from '../words/tell.ts';
import { type Say, wordsOf } from '../words/words.ts';

/**
 * How labels and links of alerts and messages name this daemon. `base`: its URL without a trailing slash; `null`: not
 * known.
 */
export interface Origin {
  readonly vantage: string;
  readonly base: string | null;
}

/**
 * Returns how alerts and messages name this daemon. Its URL is known only if the daemon listens on one address and a
 * configured port.
 */
export function alertOriginOf({ vantage, listen }: Config): Origin {
  const { host, port } = listen;
  return { vantage, base: host === '0.0.0.0' || host === '::' || port === 0 ? null : urlOfListener(listen) };
}

/** Returns the name of an alert: `MirrorwatchLevelShift` for `level_shift`. */
export function alertNameOf(kind: FindingKind): string {
  const words = kind.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `Mirrorwatch${words.join('')}`;
}

/**
 * Renders a finding as the body of `POST /api/v2/alerts`. Only annotations are translated.
 * @param endedAtMs  when the finding ended, wall milliseconds; `null`: it is open, and `addEnd` adds an end at each
 * attempt
 * @param advised    advice to leave the finding's mirror, whose remedy lines become annotations; `null`: none
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, postableAlerts
 */
export function renderAlertBody(
  finding: Finding,
  origin: Origin,
  lang: Receiver['lang'],
  endedAtMs: number | null,
  advised: Advice | null = null,
): string {
  const { kind, registry, ecosystem, upstream } = finding;
  const probe = finding.evidence.probeIds.at(-1);
  const { base, vantage } = origin;
  const alert = {
    labels: {
      alertname: alertNameOf(kind),
      severity: severityOf(finding),
      vantage,
      [originLabel]: vantage,
      ...definedOf({ cause: storyOf(finding.cause), registry, ecosystem, upstream }),
    },
    annotations: {
      summary: summaryOf(finding, vantage, wordsOf(lang)),
      description: renderIn(lang, finding),
      finding: finding.id,
      ...(advised === null ? {} : { remedy: linesOf(advised), rollback: advised.rollback }),
      ...(endedAtMs === null ? ackOf(finding, base) : {}),
      ...(base === null ? {} : { page: pageOf(base, registry) }),
      ...(probe === undefined ? {} : { probe: `${base ?? ''}/probes/${probe}` }),
    },
    startsAt: stamp(finding.openedAtMs),
    ...(endedAtMs === null ? {} : { endsAt: stamp(Math.max(endedAtMs, finding.openedAtMs)) }),
    ...(base === null ? {} : { generatorURL: pageOf(base, registry) }),
  };
  return JSON.stringify([alert]);
}

/** Returns the title of an open finding, a clause. */
export function summaryOf(finding: Finding, vantage: string, say: Say): string {
  return say(findingTextKeyOf(finding, isDisputed(finding)), { who: finding.registry ?? vantage });
}

/** Returns the URL of a mirror's page; of the status page if `registry` is `null`. */
export function pageOf(base: string, registry: string | null): string {
  return registry === null ? `${base}/` : `${base}/mirrors/${encodeURIComponent(registry)}`;
}

/** Returns the command that ends a finding which only an operator can end; empty for other findings. */
export function ackOf({ id, kind }: Pick<Finding, 'id' | 'kind'>, base: string | null): { acknowledge?: string } {
  if (!kindTraits[kind].endsByHand) return {};
  const words = base === null ? ['…'] : ['…', '--url', base];
  return { acknowledge: formatCommand`mirrorwatch ack ${id} --reason ${words}` };
}

/** Returns the lines that an operator pastes: the remedy in all formats except `json`, without duplicates. */
function linesOf({ remedy }: Advice): string {
  const forms = Object.entries(remedy).filter(([form]) => form !== 'json');
  return [...new Set(forms.map(([, lines]) => lines))].join('\n');
}

/** Makes the alert that `webhook test` sends, without an end. */
export function makeTestAlert({ vantage }: Origin, lang: Receiver['lang'], now: Now): string {
  const say = wordsOf(lang);
  const labels = { alertname: 'MirrorwatchTest', severity: 'info', vantage, [originLabel]: vantage };
  const annotations = { summary: say('finding.test'), description: say('finding.testEnds') };
  return JSON.stringify([{ labels, annotations, startsAt: stamp(now.wallMs) }]);
}

/** Returns the body for one attempt. An alert without an end gets one, `limits.pushValidMs` from now. */
export function addEnd(body: string, now: Now): string {
  const alerts = JSON.parse(body) as readonly Readonly<Record<string, unknown>>[];
  const endsAt = stamp(now.wallMs + limits.pushValidMs);
  return JSON.stringify(alerts.map((alert) => ({ ...alert, endsAt: alert['endsAt'] ?? endsAt })));
}

/**
 * Returns the severity of a finding. A disputed mismatch is a warning, because no authority states which bytes are
 * wrong. A refuted lock file is critical, because someone may have changed it. So is a withdrawn version that a lock file
 * names. A deliberate refusal is an information.
 */
export function severityOf(finding: Pick<Finding, 'kind' | 'cause' | 'actionable'>): Severity {
  if (finding.cause === 'lock' || (finding.cause === 'withdrawn' && finding.actionable)) return 'critical';
  if (isDeliberate(finding)) return 'info';
  return isDisputed(finding) ? 'warning' : kindTraits[finding.kind].severity;
}
