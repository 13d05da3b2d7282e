import { refTextOf } from '../core/mirror.ts';
import type { Probed } from '../core/ports.ts';
import { printable } from '../core/printable.ts';
import { hopPhasesOf, steadyRateOf } from '../core/sample.ts';
import type { Hop } from '../core/transcript.ts';
import { firstBytesTextOf } from '../core/views.ts';
import { bar, durationText, padEnd, type Terminal } from '../terminal/terminal.ts';
import { formatAuthority, formatCost, formatSignature } from '../words/facts.ts';
import { saySentence, sentenceFieldsOf } from '../words/tell.ts';
import type { Say } from '../words/words.ts';

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
