import type { ActionChange } from '../core/action.ts';
import type { Advice, AdviceChange } from '../core/advice.ts';
import type { WebhookEvent } from '../core/config.ts';
import { type Finding, type FindingChange, kindTraits, storyOf } from '../core/finding.ts';
import type { NoticeType, StoryView } from '../core/notice.ts';
import { adviceView, findingView, stamp, viewOfAction } from '../core/views.ts';
import { showStored } from '../words/tell.ts';
import { english } from '../words/words.ts';

export interface NoticeDraft {
  readonly type: NoticeType;
  readonly event: WebhookEvent;
  readonly subject: string;
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
 * True if the change ends the finding: it was closed or acknowledged. An acknowledgement ends a finding only if the
 * finding had closed before, or if no other end is possible.
 */
export function isEnd({ change, finding }: FindingChange): boolean {
  if (change === 'closed') return true;
  return change === 'acknowledged' && (kindTraits[finding.kind].endsByHand === true || finding.closedAtMs !== null);
}

/** Returns the event of a changed finding; `null`: an acknowledgement that does not end the finding. */
export function draftOfFinding(change: FindingChange, vantage: string): NoticeDraft | null {
  const { finding } = change;
  const common = { subject: subjectOf(finding, vantage), finding, advice: null };
  if (isEnd(change)) return { ...common, type: 'mirror.recovery', event: 'recovery', weight: 'news' };
  if (change.change === 'acknowledged') return null;
  const weight = change.change === 'opened' ? 'news' : 'update';
  return { ...common, type: `mirror.${finding.kind}`, event: finding.kind, weight };
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
  readonly vantage: string;
  readonly wallMs: number;
  /** For a recovery: the id of the notice that reported the start; `null`: the receiver got no such notice. */
  readonly resolves: string | null;
  /**
   * The id of an earlier notice to which this notice only adds facts, so that no new action is needed; `null`: none.
   */
  readonly updates: string | null;
  readonly story: StoryView | null;
}

export function bodyOf(draft: NoticeDraft, meta: BodyMeta): string {
  return JSON.stringify({
    type: draft.type,
    timestamp: stamp(meta.wallMs),
    data: {
      seq: meta.seq,
      subject: draft.subject,
      vantage: meta.vantage,
      ...(draft.finding === null ? {} : { finding: findingView(draft.finding) }),
      ...(draft.advice === null ? {} : { advice: adviceView(draft.advice) }),
      ...(draft.action === undefined ? {} : actionIn(draft.action)),
      ...(draft.type === 'mirror.recovery' ? { resolves: meta.resolves } : {}),
      ...(meta.updates === null ? {} : { updates: meta.updates }),
      ...(meta.story === null ? {} : { story: meta.story }),
    },
  });
}

function actionIn({ result, row }: ActionChange) {
  return { result, action: viewOfAction(row, (because) => showStored(because, english)) };
}
