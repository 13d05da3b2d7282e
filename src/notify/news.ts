import type { Advice, AdviceChange } from '../core/advice.ts';
import type { WebhookEvent } from '../core/config.ts';
import { type Finding, type FindingChange, storyOf } from '../core/finding.ts';
import type { NoticeType } from '../core/notice.ts';
import { adviceView, findingView, stamp } from '../core/views.ts';

/** One thing worth telling, before it is known who wants it. */
export interface News {
  readonly type: NoticeType;
  readonly event: WebhookEvent;
  readonly subject: string;
  /** `update`: only refreshes what lies undelivered, is no news of its own. */
  readonly weight: 'news' | 'update';
  readonly finding: Finding | null;
  readonly advice: Advice | null;
}

/** The subject of a finding: `<kind>/<registry>`, or the vantage's name where it is about us; with its cause behind where that is a story. */
export function subjectOf({ kind, registry, cause }: Finding, vantage: string): string {
  const story = storyOf(cause);
  return `${kind}/${registry ?? vantage}${story === null ? '' : `/${story}`}`;
}

/** True where a change ends a finding: it closed, or a mismatch was acknowledged (nothing else ends one). */
export function isEnd({ change, finding }: FindingChange): boolean {
  if (change === 'closed') return true;
  return change === 'acknowledged' && (finding.kind === 'mismatch' || finding.closedAtMs !== null);
}

/**
 * What findings say, in order: an opening is `mirror.<kind>`, an end `mirror.recovery`; a widened scope or a risen
 * confidence is no news.
 */
export function findingNews(change: FindingChange, vantage: string): News | null {
  const { finding } = change;
  const common = { subject: subjectOf(finding, vantage), finding, advice: null };
  if (isEnd(change)) return { ...common, type: 'mirror.recovery', event: 'recovery', weight: 'news' };
  if (change.change === 'acknowledged') return null;
  const weight = change.change === 'opened' ? 'news' : 'update';
  return { ...common, type: `mirror.${finding.kind}`, event: finding.kind, weight };
}

/**
 * What advice says: of several changes about one (ecosystem, upstream) in one turn the last alone. Neither a refusal because
 * the vantage is suspect nor a regret is a message: they ask nothing of anybody. `mirror.vantage` tells when the one
 * lasts, a metric counts the other.
 */
export function adviceNews(changes: readonly AdviceChange[]): readonly News[] {
  const last = new Map<string, News>();
  for (const { change, advice } of changes) {
    if (advice.refusal === 'vantage_suspect' || change === 'regretted') continue;
    const subject = `advice/${advice.ecosystem}/${advice.upstream}`;
    last.delete(subject);
    last.set(subject, { type: 'mirror.advice', event: 'advice', subject, weight: 'news', finding: null, advice });
  }
  return [...last.values()];
}

/**
 * The text that is signed and sent. `resolves` is there in recoveries alone: the id of the notice that told of the
 * opening, `null` where this receiver got none.
 */
export function bodyOf(
  news: News,
  meta: { readonly seq: number; readonly vantage: string; readonly wallMs: number; readonly resolves: string | null },
): string {
  return JSON.stringify({
    type: news.type,
    timestamp: stamp(meta.wallMs),
    data: {
      seq: meta.seq,
      subject: news.subject,
      vantage: meta.vantage,
      ...(news.finding === null ? {} : { finding: findingView(news.finding) }),
      ...(news.advice === null ? {} : { advice: adviceView(news.advice) }),
      ...(news.type === 'mirror.recovery' ? { resolves: meta.resolves } : {}),
    },
  });
}
