import type { ConfigIssue } from '../core/config.ts';

/** The issues as text, one a line, in the order of the file: `file.yaml:12:5 mirrors[0].url: saw "htps://…", expected …`. */
export function formatIssues(issues: readonly ConfigIssue[], path: string | null): string {
  const file = path ?? 'built-in configuration';
  return [...issues]
    .sort(byPlace)
    .map((issue) => formatIssue(issue, file))
    .join('\n');
}

function formatIssue(issue: ConfigIssue, file: string): string {
  const place = issue.line === null ? file : `${file}:${issue.line}:${issue.column ?? 1}`;
  const missing = issue.path !== '' && issue.severity === 'error' ? 'missing, ' : '';
  const seen = issue.seen === null ? missing : `saw ${issue.seen}, `;
  const nearest = issue.nearest === null ? '' : `; did you mean "${issue.nearest}"?`;
  const where = issue.path === '' ? '' : `${issue.path}: `;
  return `${place} ${issue.severity === 'warning' ? 'warning: ' : ''}${where}${seen}expected ${issue.expected}${nearest}`;
}

/** File order, then by path: what one reads from top to bottom. */
export function byPlace(a: ConfigIssue, b: ConfigIssue): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (a.path < b.path ? -1 : 1);
}
