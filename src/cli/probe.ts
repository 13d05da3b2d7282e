import { refTextOf, showTarget } from '../core/mirror.ts';
import type { Probed } from '../core/ports.ts';
import { printable } from '../core/printable.ts';
import { hopPhasesOf, steadyRateOf } from '../core/sample.ts';
import type { Hop } from '../core/transcript.ts';
import { firstBytesTextOf } from '../core/views.ts';
import { probeNow } from '../daemon/probe-now.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { load, loadText } from '../terminal/load.ts';
import { configForUrl, formatUrlIssues, mirrorFor, requestFor } from '../terminal/probe-request.ts';
import { bar, durationText, jsonText, padEnd, type Terminal } from '../terminal/terminal.ts';
import { Failed, optionsOf, UsageError, words } from '../terminal/usage.ts';
import { capabilityLoss, formatAuthority, formatCost, formatSignature } from '../words/facts.ts';
import { saySentence, sentenceFieldsOf } from '../words/tell.ts';
import type { Say } from '../words/words.ts';

const usage =
  'mirrorwatch probe URL|NAME [module@version] [--ecosystem WORD] [--step STEP] [--http1 | --http2] [--config FILE] [--json | --curl]';

const options = {
  ...optionsOf('string', 'config', 'ecosystem', 'step'),
  ...optionsOf('boolean', 'json', 'curl', 'http1', 'http2'),
};

export const probeCommand: Command = {
  name: 'probe',
  usage,
  options,
  async run(context: Context): Promise<ExitCode> {
    // See decision 0218.
    if (context.argv.some((word) => /^--client(?:=|$)/.test(word))) throw new UsageError('wrong.clientEnded');
    const { values, positionals } = words(context.argv, options, 2);
    const [which, wanted] = positionals;
    if (which === undefined) throw new UsageError('wrong.whichMirrorOrUrl');
    if (values.json && values.curl) throw new UsageError('wrong.notBoth', { one: 'json', other: 'curl' });
    if (values.http1 && values.http2) throw new UsageError('wrong.notBoth', { one: 'http1', other: 'http2' });
    if (/^https?:/i.test(which) && !URL.canParse(which)) throw new UsageError('wrong.noUrl', { url: which });
    const isAdHoc = /^https?:\/\//i.test(which);
    const loaded = isAdHoc
      ? await loadText(context, configForUrl(which, wanted, values.ecosystem), null)
      : await load(context, values.config);
    if (loaded.tag === 'error')
      throw new Failed(isAdHoc ? formatUrlIssues(loaded.error.issues, 'probe', context.say) : loaded.error.text, 2);
    const mirror = mirrorFor(loaded.value, which);
    if (values.ecosystem !== undefined && values.ecosystem !== mirror.ecosystem)
      throw new UsageError('wrong.ecosystemOf', { mirror: mirror.name, ecosystem: mirror.ecosystem });
    if (values.http2 && !mirror.url.startsWith('https:')) throw new UsageError('wrong.http2Tls', { url: mirror.url });
    const request = requestFor(loaded.value.config, mirror, wanted, values.step);
    const protocol = values.http2 ? '2' : values.http1 ? '1.1' : undefined;
    const probed = await probeNow(
      loaded.value.config,
      { ...request, ...(protocol === undefined ? {} : { protocol }) },
      context.facts,
    );
    if (probed.tag === 'error') {
      const { registry, limitMs } = probed.error;
      throw new Failed(context.say('probe.noAnswer', { registry, seconds: limitMs / 1000 }), 1);
    }
    show(context, values, probed.value);
    return probed.value.sample.outcome.tag === 'ok' ? 0 : 1;
  },
};

function show(
  context: Context,
  values: { json?: boolean | undefined; curl?: boolean | undefined },
  probed: Probed,
): void {
  const { terminal, say } = context;
  if (values.json) terminal.out(jsonText(shown(probed)));
  else for (const line of values.curl ? formatCurl(probed) : explain(probed, terminal, say)) terminal.out(line);
}

function shown({ sample, transcript }: Probed): object {
  return { sample: { ...sample, due: { ...sample.due, target: showTarget(sample.due.target) } }, transcript };
}

/**
 * Formats the last hop that is not aside (preliminary), one `name=value` a line, with the names of curl's
 * `--write-out`. Times are in seconds from the start of the hop, except `time_redirect`. As in curl, the time of a
 * phase that did not occur is 0.
 * @see docs/protocols/common.md#phases
 */
export function formatCurl({ sample, transcript }: Probed): string[] {
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

const barWidth = 32;

export function explain(probed: Probed, terminal: Pick<Terminal, 'paint'>, say: Say): string[] {
  const { sample, transcript } = probed;
  const { target } = sample.due;
  const name = refTextOf(target);
  const { outcome } = sample;
  const verdict =
    outcome.tag === 'ok'
      ? terminal.paint('green', say('probe.ok'))
      : outcome.tag === 'failed'
        ? terminal.paint('red', say('probe.failed', { reason: outcome.failure.kind }))
        : terminal.paint('yellow', say('outcome.unknown', { because: outcome.because }));
  const { refused, unchecked } = sample.facts;
  const notes = [refused, unchecked].flatMap((one) => (one ? [printable(saySentence(one, say))] : []));
  const note = notes.map((one) => `  ${terminal.paint('yellow', one)}`).join('');
  const longest = Math.max(1, ...transcript.hops.map((hop) => hop.marks.end - hop.marks.start));
  return [
    `${terminal.paint('bold', `${target.registry}  ${target.step}${name ? `  ${name}` : ''}`)}  ${verdict}  ${durationText(sample.rttMs)}${note}`,
    ...transcript.hops.flatMap((hop) => ['', ...explainHop(hop, longest, terminal, say)]),
    '',
    // Names and versions come from a mirror. They are made printable, so that they cannot move the cursor.
    ...conclusions(probed, say).map((line) => printable(`  ${line}`)),
  ];
}

function explainHop(hop: Hop, longestMs: number, terminal: Pick<Terminal, 'paint'>, say: Say): string[] {
  const where =
    hop.remoteAddress === null
      ? ''
      : say('probe.from', { address: `${hop.remoteAddress}:${hop.remotePort}`, family: String(hop.family) });
  const tls = hop.tls === null ? '' : say('probe.tls', { version: hop.tls.version, cipher: hop.tls.cipher });
  const status =
    hop.fault === null
      ? say('probe.status', { status: String(hop.status), bytes: hop.bodyBytes })
      : say('probe.fault', { code: hop.fault.code, phase: say(`probe.phase.${hop.fault.phase}`) });
  const version = hop.protocol === undefined ? '' : say('probe.version', { version: `HTTP/${hop.protocol}` });
  const repeated = hop.repeated === undefined ? '' : say(`probe.repeated.${hop.repeated}`);
  const through = hop.proxy === null ? '' : say('layer.through', { proxy: hop.proxy });
  return [
    `  ${hop.method ?? 'GET'} ${hop.url}${hop.aside ? say('probe.aside') : ''}`,
    `    ${status}${where}${through}${tls}${version}${repeated}${hop.reused ? say('probe.kept') : ''}`,
    ...hopPhasesOf(hop).map(
      ([phase, ms]) =>
        `    ${padEnd(say(`probe.phase.${phase}`), 10)} ${durationText(ms).padStart(9)}  ${terminal.paint('cyan', bar(ms / longestMs, barWidth))}`,
    ),
  ];
}

function conclusions({ sample, transcript }: Probed, say: Say): string[] {
  const { facts, outcome } = sample;
  const lines: string[] = [];
  if (outcome.tag === 'failed')
    lines.push(
      say('probe.why', {
        facts: sentenceFieldsOf(say, outcome.failure, durationText)
          .map(({ text }) => text)
          .join(say('list.clause')),
      }),
    );
  if (transcript.errorLine) lines.push(say('probe.said', { line: transcript.errorLine }));
  if (facts.resolvedVersion) lines.push(say('probe.latest', { version: facts.resolvedVersion }));
  if (facts.notOffered) lines.push(say('probe.notOffered'));
  const offers = Object.entries(facts.offers ?? {});
  const offered = offers.filter(([, has]) => has).map(([name]) => name);
  if (offered.length > 0) lines.push(say('probe.has', { what: offered.join(say('list.comma')) }));
  for (const [name, has] of offers)
    if (has === false) lines.push(say('probe.lacks', { name, loss: capabilityLoss(name, say) }));
  if (facts.listed) lines.push(say('probe.listed', { count: facts.listed.count, newest: facts.listed.newest ?? '–' }));
  const rate = steadyRateOf(sample);
  if (rate !== null) lines.push(say('probe.rate', { rate: (rate / 2 ** 20).toFixed(2) }));
  // The text `probe.compared` states that nothing verified the digest. If there is a signature, a later line shows its
  // result instead.
  if (facts.verified) lines.push(say('probe.verified', facts.verified));
  else if (facts.compared)
    lines.push(say(facts.signature ? 'probe.comparedSigned' : 'probe.compared', { digest: facts.compared.digest }));
  if (facts.signature) lines.push(formatSignature(facts.signature, say));
  if (facts.seen)
    lines.push(
      say('probe.bytes', { count: facts.seen.bytes, hex: facts.seen.firstHex, text: firstBytesTextOf(facts.seen) }),
    );
  if (facts.treeHead) lines.push(say('probe.treeHead', { name: facts.treeHead.name, size: facts.treeHead.size }));
  const authority = formatAuthority(facts, say);
  if (authority !== null) lines.push(say('probe.itself', { name: String(facts.authority?.name), text: authority }));
  if (facts.authorityCost) lines.push(say('probe.cost', { cost: formatCost(facts.authorityCost, say) }));
  if (facts.forked)
    lines.push(say('probe.fork', { name: facts.forked.name }), ...facts.forked.statements.flatMap(linesOf));
  if (sample.tls?.expiresAtMs)
    lines.push(
      say('probe.certificate', {
        issuer: String(sample.tls.issuer),
        until: new Date(sample.tls.expiresAtMs).toISOString(),
      }),
    );
  if (sample.finalUrl && transcript.hops.filter((hop) => !hop.aside).length > 1)
    lines.push(say('probe.ended', { url: sample.finalUrl }));
  return lines;
}

function linesOf(text: string): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
}
