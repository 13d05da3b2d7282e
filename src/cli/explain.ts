import { costText } from '../core/authority-cost.ts';
import { hopPhases } from '../core/hop-phases.ts';
import type { Probed } from '../core/ports.ts';
import { steadyRate } from '../core/sample.ts';
import { signatureText } from '../core/signature.ts';
import type { Hop } from '../core/transcript.ts';
import { counted } from '../core/units.ts';
import { authorityText, firstBytesText } from '../core/views.ts';
import type { NoAnswer } from '../daemon/patience.ts';
import { bar, duration, type Terminal } from './terminal.ts';

/** A sentence for what never came back. */
export function noAnswerText({ registry, limitMs }: NoAnswer): string {
  return `${registry}: no answer within ${limitMs / 1000} s, which is our own fault: please report it`;
}

const barWidth = 32;

/** Lines that walk through one probe: what was asked, each hop with its phases to scale, what was concluded and why. */
export function explain(probed: Probed, terminal: Pick<Terminal, 'paint'>): string[] {
  const { sample, transcript } = probed;
  const { target } = sample.due;
  const name = [target.module, target.version].filter(Boolean).join('@');
  const { outcome } = sample;
  const verdict =
    outcome.tag === 'ok'
      ? terminal.paint('green', 'ok')
      : outcome.tag === 'failed'
        ? terminal.paint('red', `failed: ${outcome.failure.kind}`)
        : terminal.paint('yellow', `unknown: ${outcome.because}`);
  const longest = Math.max(1, ...transcript.hops.map((hop) => hop.marks.end - hop.marks.start));
  return [
    `${terminal.paint('bold', `${target.registry}  ${target.step}${name ? `  ${name}` : ''}`)}  ${verdict}  ${duration(sample.rttMs)}`,
    ...transcript.hops.flatMap((hop) => ['', ...explainHop(hop, longest, terminal)]),
    '',
    ...conclusions(probed).map((line) => `  ${line}`),
  ];
}

function explainHop(hop: Hop, longestMs: number, terminal: Pick<Terminal, 'paint'>): string[] {
  const where = hop.remoteAddress === null ? '' : ` from ${hop.remoteAddress}:${hop.remotePort} (IPv${hop.family})`;
  const tls = hop.tls === null ? '' : `, ${hop.tls.version} ${hop.tls.cipher}`;
  const status =
    hop.fault === null ? `${hop.status}, ${hop.bodyBytes} bytes` : `${hop.fault.code} in ${hop.fault.phase}`;
  const kind = hop.aside ? ' (asked aside, not part of the time)' : '';
  const through = hop.proxy === null ? '' : ` through ${hop.proxy}`;
  return [
    `  GET ${hop.url}${kind}`,
    `    ${status}${where}${through}${tls}${hop.reused ? ', kept connection' : ''}`,
    ...hopPhases(hop).map(
      ([phase, ms]) =>
        `    ${phase.padEnd(10)} ${duration(ms).padStart(9)}  ${terminal.paint('cyan', bar(ms / longestMs, barWidth))}`,
    ),
  ];
}

function conclusions({ sample, transcript }: Probed): string[] {
  const { facts, outcome } = sample;
  const lines: string[] = [];
  if (outcome.tag === 'failed')
    lines.push(
      `why: ${Object.entries(outcome.failure)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')}`,
    );
  if (transcript.errorLine) lines.push(`it said: ${transcript.errorLine}`);
  if (facts.resolvedVersion) lines.push(`latest is ${facts.resolvedVersion}`);
  if (facts.notOffered) lines.push('not offered by this mirror, which is legal');
  if (facts.listed) lines.push(`${counted(facts.listed.count, 'version')}, newest ${facts.listed.newest ?? '–'}`);
  const rate = steadyRate(sample);
  if (rate !== null)
    lines.push(`${(rate / 2 ** 20).toFixed(2)} MiB/s after its first 256 KiB, which leaves slow start out`);
  if (facts.verified) lines.push(`verified against ${facts.verified.against}: ${facts.verified.digest}`);
  if (facts.compared) lines.push(`not verified (no authority at hand): ${facts.compared.digest}`);
  if (facts.signature) lines.push(signatureText(facts.signature));
  if (facts.seen)
    lines.push(`${facts.seen.bytes} bytes, beginning ${facts.seen.firstHex} "${firstBytesText(facts.seen)}"`);
  if (facts.treeHead)
    lines.push(`tree head of ${facts.treeHead.name}: ${facts.treeHead.size} records, signature verified`);
  const authority = authorityText(facts);
  if (authority !== null) lines.push(`${facts.authority?.name} itself: ${authority}`);
  if (facts.authorityCost) lines.push(`a lookup costs a client ${costText(facts.authorityCost)}`);
  if (facts.forked) lines.push(`a fork of ${facts.forked.name}:`, ...facts.forked.statements.flatMap(linesOf));
  if (sample.tls?.expiresAtMs)
    lines.push(`certificate by ${sample.tls.issuer}, until ${new Date(sample.tls.expiresAtMs).toISOString()}`);
  if (sample.finalUrl && transcript.hops.filter((hop) => !hop.aside).length > 1)
    lines.push(`ended at ${sample.finalUrl}`);
  return lines;
}

function linesOf(text: string): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
}
