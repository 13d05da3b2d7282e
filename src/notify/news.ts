import type { ActionChange } from '../core/action.ts';
import type { Advice, AdviceChange } from '../core/advice.ts';
import type { WebhookEvent } from '../core/config.ts';
import { type Finding, type FindingChange, storyOf } from '../core/finding.ts';
import type { Notice, StoryView } from '../core/notice.ts';
import { adviceView, findingView, stamp, viewOfAction } from '../core/views.ts';
import { showStored } from '../words/tell.ts';
import { english } from '../words/words.ts';
import { ackOf, type Origin, pageOf, summaryOf } from './alerts.ts';

export interface NoticeDraft extends Pick<Notice, 'type' | 'subject'> {
  readonly event: WebhookEvent;
  /** `news`: receivers get the event. `update`: the event only replaces an undelivered notice on the same finding. */
  readonly weight: 'news' | 'update';
  readonly finding: Finding | null;
  readonly advice: Advice | null;
  readonly action?: ActionChange;
  /** True: in the same turn, earlier advice on the subject ended. That end has no draft of its own. */
  readonly endsEarlier?: true;
}

/**
 * Returns `<kind>/<registry>`, or `<kind>/<vantage>` for a finding about this daemon. A cause that has its own messages
 * is appended.
 */
function subjectOf({ kind, registry, cause }: Finding, vantage: string): string {
  const story = storyOf(cause);
  return `${kind}/${registry ?? vantage}${story === null ? '' : `/${story}`}`;
}

/**
 * Returns the event of a changed finding; `null`: an acknowledgement that does not end the finding. One that ends it is
 * no recovery: an operator accepts what was found.
 */
export function draftOfFinding(change: FindingChange, vantage: string): NoticeDraft | null {
  const { finding } = change;
  const common = { subject: subjectOf(finding, vantage), finding, advice: null };
  if (change.change === 'closed') return { ...common, type: 'mirror.recovery', event: 'recovery', weight: 'news' };
  if (change.change === 'acknowledged' && !endsFinding(change)) return null;
  const weight = change.change === 'changed' ? 'update' : 'news';
  return { ...common, type: `mirror.${finding.kind}`, event: finding.kind, weight };
}

/** True if the event is the end of a finding: a recovery, or an acknowledgement that ends it. */
export function endsFinding({ finding }: Pick<NoticeDraft, 'finding'>): boolean {
  return finding !== null && finding.state !== 'open';
}

/**
 * Returns the events of changed advice: for each upstream only the last change. A refusal because this host's network
 * is suspect, and a regret (an accepted switch proved worse), are left out because they need no action.
 */
export function draftsOfAdvice(changes: readonly AdviceChange[]): readonly NoticeDraft[] {
  const last = new Map<string, NoticeDraft>();
  for (const { change, advice } of changes) {
    if (advice.refusal === 'vantage_suspect' || change === 'regretted') continue;
    const subject = `advice/${advice.ecosystem}/${advice.upstream}`;
    const before = last.get(subject);
    const endsEarlier = before?.endsEarlier || (before !== undefined && before.advice?.id !== advice.id);
    const draft = { type: 'mirror.advice', event: 'advice', subject, weight: 'news', finding: null, advice } as const;
    last.delete(subject);
    last.set(subject, endsEarlier ? { ...draft, endsEarlier } : draft);
  }
  return [...last.values()];
}

/**
 * Returns the event of an action. A change and its undo have the same subject, which names only the action, the
 * ecosystem and the upstream.
 */
export function draftOfAction(action: ActionChange): NoticeDraft {
  const { ecosystem, upstream } = action.row.advice;
  const subject = `action/${action.row.action}/${ecosystem}/${upstream}`;
  return { type: 'mirror.action', event: 'action', subject, weight: 'news', finding: null, advice: null, action };
}

export interface BodyMeta {
  readonly seq: number;
  readonly origin: Origin;
  readonly wallMs: number;
  /** For a recovery: the id of the notice that reported the start; `null`: the receiver got no such notice. */
  readonly resolves: string | null;
  /**
   * The id of an earlier notice to which this notice only adds facts, so that no new action is needed; `null`: none.
   */
  readonly updates: string | null;
  readonly story: StoryView | null;
  /** The proposed advice to leave the mirror of the finding; `null`: there is none. */
  readonly advised: Advice | null;
}

export function bodyOf(draft: NoticeDraft, meta: BodyMeta): string {
  return JSON.stringify({
    type: draft.type,
    timestamp: stamp(meta.wallMs),
    data: {
      seq: meta.seq,
      subject: draft.subject,
      vantage: meta.origin.vantage,
      ...(draft.finding === null ? {} : { finding: findingView(draft.finding) }),
      ...(draft.advice === null ? {} : { advice: adviceView(draft.advice) }),
      ...(draft.action === undefined ? {} : actionIn(draft.action)),
      ...(endsFinding(draft) ? { resolves: meta.resolves } : helpFor(draft, meta)),
      ...(meta.updates === null ? {} : { updates: meta.updates }),
      ...(meta.story === null ? {} : { story: meta.story }),
    },
  });
}

/** What helps a person to act on an open finding or an advice: the lines to set, the page, the command to end it. */
function helpFor({ finding, advice }: NoticeDraft, { origin, advised }: BodyMeta) {
  const { base, vantage } = origin;
  if (finding === null) return advice === null || base === null ? {} : { page: pageOf(base, null) };
  return {
    summary: summaryOf(finding, vantage, english),
    ...(advised === null ? {} : { remedy: advised.remedy }),
    ...(base === null ? {} : { page: pageOf(base, finding.registry) }),
    ...ackOf(finding, base),
  };
}

function actionIn({ result, row }: ActionChange) {
  return { result, action: viewOfAction(row, (because) => showStored(because, english)) };
}
