import type { ActionNews } from '../core/action.ts';
import type { Advice, AdviceChange } from '../core/advice.ts';
import type { WebhookEvent } from '../core/config.ts';
import { type Finding, type FindingChange, kindTraits, storyOf } from '../core/finding.ts';
import type { NoticeType, StoryView } from '../core/notice.ts';
import { adviceView, findingView, stamp, viewOfAction } from '../core/views.ts';
import { showStored } from '../words/tell.ts';
import { english } from '../words/words.ts';

export interface News {
  readonly type: NoticeType;
  readonly event: WebhookEvent;
  readonly subject: string;
  /** `update`: only refreshes undelivered notices. */
  readonly weight: 'news' | 'update';
  readonly finding: Finding | null;
  readonly advice: Advice | null;
  readonly action?: ActionNews;
}

/** `<kind>/<registry>`, or `<kind>/<vantage>` about this daemon; then the cause if it has a story of its own. */
function subjectOf({ kind, registry, cause }: Finding, vantage: string): string {
  const story = storyOf(cause);
  return `${kind}/${registry ?? vantage}${story === null ? '' : `/${story}`}`;
}

/** True for the end of a finding: closed, or acknowledged where only an operator ends it or it has closed before. */
export function isEnd({ change, finding }: FindingChange): boolean {
  if (change === 'closed') return true;
  return change === 'acknowledged' && (kindTraits[finding.kind].endsByHand === true || finding.closedAtMs !== null);
}

/** The event of a changed finding; `null`: an acknowledgement that does not end the finding. */
export function newsOfFinding(change: FindingChange, vantage: string): News | null {
  const { finding } = change;
  const common = { subject: subjectOf(finding, vantage), finding, advice: null };
  if (isEnd(change)) return { ...common, type: 'mirror.recovery', event: 'recovery', weight: 'news' };
  if (change.change === 'acknowledged') return null;
  const weight = change.change === 'opened' ? 'news' : 'update';
  return { ...common, type: `mirror.${finding.kind}`, event: finding.kind, weight };
}

/**
 * The events of advice: of each upstream only the last change.
 * Refusals because of a suspect vantage, and regrets, need no action and are left out.
 */
export function newsOfAdvice(changes: readonly AdviceChange[]): readonly News[] {
  const last = new Map<string, News>();
  for (const { change, advice } of changes) {
    if (advice.refusal === 'vantage_suspect' || change === 'regretted') continue;
    const subject = `advice/${advice.ecosystem}/${advice.upstream}`;
    last.delete(subject);
    last.set(subject, { type: 'mirror.advice', event: 'advice', subject, weight: 'news', finding: null, advice });
  }
  return [...last.values()];
}

/** The event of an action. The subject does not name the advice, so a change and its undo have the same subject. */
export function newsOfAction(action: ActionNews): News {
  const { ecosystem, upstream } = action.row.advice;
  const subject = `action/${action.row.action}/${ecosystem}/${upstream}`;
  return { type: 'mirror.action', event: 'action', subject, weight: 'news', finding: null, advice: null, action };
}

export interface BodyMeta {
  readonly seq: number;
  readonly vantage: string;
  readonly wallMs: number;
  /** For a recovery: the id of the notice about the opening; `null`: this receiver got none. */
  readonly resolves: string | null;
  /** The id of an earlier notice to which this one adds facts, but no new action; `null`: none. */
  readonly updates: string | null;
  readonly story: StoryView | null;
}

export function bodyOf(news: News, meta: BodyMeta): string {
  return JSON.stringify({
    type: news.type,
    timestamp: stamp(meta.wallMs),
    data: {
      seq: meta.seq,
      subject: news.subject,
      vantage: meta.vantage,
      ...(news.finding === null ? {} : { finding: findingView(news.finding) }),
      ...(news.advice === null ? {} : { advice: adviceView(news.advice) }),
      ...(news.action === undefined ? {} : actionIn(news.action)),
      ...(news.type === 'mirror.recovery' ? { resolves: meta.resolves } : {}),
      ...(meta.updates === null ? {} : { updates: meta.updates }),
      ...(meta.story === null ? {} : { story: meta.story }),
    },
  });
}

function actionIn({ result, row }: ActionNews) {
  return { result, action: viewOfAction(row, (because) => showStored(because, english)) };
}
