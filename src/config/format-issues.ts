import type { ConfigIssue, PlainIssue } from '../core/config.ts';
import { printable } from '../core/printable.ts';
import { saySentence } from '../words/tell.ts';
import { english, type Say } from '../words/words.ts';

/**
 * Formats the issues, one per line, in the order of the file: `file.yaml:12:5 mirrors[0].url: saw "htps://…", expected
 * …`.
 */
export function formatIssues(issues: readonly ConfigIssue[], path: string | null, say: Say = english): string {
  const file = path === null ? say('load.builtIn') : printable(path);
  return [...issues]
    .sort(comparePlaces)
    .map((issue) => formatIssue(issue, file, say))
    .join('\n');
}

function formatIssue(issue: ConfigIssue, file: string, say: Say): string {
  const place = issue.line === null ? file : `${file}:${issue.line}:${issue.column ?? 1}`;
  const missing = issue.path !== '' && issue.severity === 'error' ? say('load.missing') : '';
  const seen = issue.seen === null ? missing : say('load.saw', { seen: saySentence(issue.seen, say) });
  const nearest = issue.nearest === null ? '' : say('load.nearest', { nearest: issue.nearest });
  const where = issue.path === '' ? '' : say('load.where', { path: issue.path });
  const expected = saySentence(issue.expected, say);
  return say(issue.severity === 'warning' ? 'load.warning' : 'load.issue', { place, where, seen, expected, nearest });
}

export function issuesForPrograms(issues: readonly ConfigIssue[]): readonly PlainIssue[] {
  return issues.map(({ seen, expected, ...issue }) => ({
    ...issue,
    seen: seen === null ? null : saySentence(seen, english),
    expected: saySentence(expected, english),
  }));
}

export function comparePlaces(a: ConfigIssue, b: ConfigIssue): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (a.path < b.path ? -1 : 1);
}
