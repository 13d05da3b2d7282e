import type { Receiver } from '../core/config.ts';
import { severities } from '../core/finding.ts';
import type { News } from './news.ts';
import { severityOf } from './severity.ts';

/** True for an event that passes a receiver's filters by mirror, ecosystem and severity. */
export function isMeant({ only }: Pick<Receiver, 'only'>, { finding, advice }: News): boolean {
  if (only === undefined) return true;
  const { mirrors, ecosystems, severity } = only;
  const about = finding !== null ? [finding.registry] : [advice?.from, advice?.to];
  const named = about.filter((name) => name != null);
  const ecosystem = finding?.ecosystem ?? advice?.ecosystem ?? null;
  if (mirrors !== null && named.length > 0 && !named.some((name) => mirrors.includes(name))) return false;
  if (ecosystems !== null && ecosystem !== null && !ecosystems.includes(ecosystem)) return false;
  return finding === null || severities.indexOf(severityOf(finding)) >= severities.indexOf(severity);
}
