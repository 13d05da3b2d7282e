import type { Probed } from '../core/ports.ts';
import type { Hop } from '../core/transcript.ts';

/**
 * The last timed hop in the words of curl's `--write-out`: one `name=value` a line, times in seconds, cumulative from
 * the start of that hop. What did not happen is 0, as curl prints it.
 * @see protocols.md 6.1
 */
export function curlLines({ sample, transcript }: Probed): string[] {
  const timed = transcript.hops.filter((hop) => !hop.aside);
  const last = timed.at(-1);
  if (last === undefined) return ['http_code=000', `errormsg=${sample.outcome.tag}`, 'exitcode=1'];
  const { start, resolved, connected, secured, firstByte, end } = last.marks;
  const since = (mark: number | undefined): string => ((mark === undefined ? 0 : mark - start) / 1000).toFixed(6);
  const total = (end - start) / 1000;
  return [
    `url=${last.url}`,
    `http_code=${String(last.status ?? 0).padStart(3, '0')}`,
    `http_version=${last.protocol ?? 0}`,
    `num_connects=${last.reused || last.remoteAddress === null ? 0 : 1}`,
    `num_redirects=${timed.length - 1}`,
    `remote_ip=${last.remoteAddress ?? ''}`,
    `remote_port=${last.remotePort ?? ''}`,
    `size_download=${last.bodyBytes}`,
    `speed_download=${total > 0 ? Math.round(last.bodyBytes / total) : 0}`,
    `ssl_verify_result=${last.tls?.authorizationCode ? 1 : 0}`,
    `time_namelookup=${since(resolved)}`,
    `time_connect=${since(connected)}`,
    `time_appconnect=${since(secured)}`,
    `time_pretransfer=${since(secured ?? connected)}`,
    `time_redirect=${redirectSeconds(timed)}`,
    `time_starttransfer=${since(firstByte)}`,
    `time_total=${total.toFixed(6)}`,
    `errormsg=${last.fault?.code ?? (sample.outcome.tag === 'failed' ? sample.outcome.failure.kind : '')}`,
    `exitcode=${sample.outcome.tag === 'ok' ? 0 : 1}`,
  ];
}

function redirectSeconds(timed: readonly Hop[]): string {
  const before = timed.slice(0, -1).reduce((sum, { marks }) => sum + marks.end - marks.start, 0);
  return (before / 1000).toFixed(6);
}
