import type { Advice } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { Bypass, Remedy } from '../ecosystems/client.ts';
import { phrase, saySentence } from '../words/tell.ts';
import { english } from '../words/words.ts';
import type { BypassDecision } from './grounds.ts';
import { chainInForce, type Group } from './group.ts';
import type { View } from './view.ts';

/** The HTTP version that an outage is limited to; `null` if the finding is no open outage or affects every version. */
function brokenVersion(finding: Finding): HttpProtocol | null {
  if (finding.kind !== 'outage' || finding.state === 'closed') return null;
  return finding.scope.find(({ protocol }) => protocol !== undefined)?.protocol ?? null;
}

/**
 * @returns  `bypass`: the setting that turns HTTP/2 off in the client that advice is for; `null`: the setting would not
 * help, or the client has none. `stranded`: clients that fail because HTTP/2 of the mirror is broken, and for which there
 * is no setting; empty if `bypass` is not `null`. `undo`: the decision to remove an accepted client setting after the
 * outage; `null` if there is nothing to remove now
 */
export function bypassesAt(view: View, at: Mirror, findings: readonly Finding[]) {
  const { client } = view.group;
  const versions = findings.map(brokenVersion).filter((version) => version !== null);
  const isAvoidable = versions[0] === '2' && client.protocols(at)[0] === '2';
  const bypass = isAvoidable ? (client.withoutHttp2?.(at) ?? null) : null;
  const isStranded = bypass === null && versions.includes('2');
  const speakers = at.speaks?.find(({ protocol }) => protocol === '2')?.clients ?? [];
  return { bypass, stranded: isStranded ? speakers : [], undo: undoAt(view, at) };
}

function undoAt(view: View, at: Mirror): BypassDecision | null {
  const { group } = view;
  const inForce = group.accepted?.advice;
  if (!hasBypass(inForce) || inForce?.to !== at.name) return null;
  const isOut = view.standingOf(at.name)?.findings.some(({ kind, state }) => kind === 'outage' && state !== 'closed');
  const bypass = group.client.withoutHttp2?.(at) ?? null;
  if (bypass === null || isOut !== false) return null;
  const none = { findings: [], refusal: null, faults: [], weighed: [] };
  return { kind: 'bypass', cause: 'failback', at, bypass, after: chainInForce(group), ...none };
}

/** True for an advice that sets a client setting; false for one that removes it. */
export function hasBypass(advice: Advice | undefined): boolean {
  return advice?.bypass != null && advice.cause !== 'failback';
}

/** The client setting of the proposed advice, else of the accepted advice; `null`: neither advice has one. */
export function bypassInForce({ open, accepted, client, roster }: Group): Bypass | null {
  const inForce = [open?.advice, accepted?.advice].find(hasBypass);
  const at = roster.mirrors.find(({ name }) => name === inForce?.to);
  return at === undefined ? null : (client.withoutHttp2?.(at) ?? null);
}

/**
 * Builds the remedy (the lines that an operator pastes) of a client setting, and appends it to the remedy of a chain.
 * @param lines   the remedy of the chain; `null`: the declared chain is in force and stays
 * @param isMove  true: the chain changes too; false: `lines` repeat the chain in force
 */
export function remedyOfBypass({ cause, at, bypass }: BypassDecision, lines: Remedy | null, isMove: boolean): Remedy {
  const isOff = cause === 'failback';
  const [now, back] = isOff ? [bypass.unset, bypass.set] : [bypass.set, bypass.unset];
  const cost = phrase('note.bypassCost', { client: bypass.client, head: at.name });
  return {
    remedy: withForms(lines?.remedy ?? {}, now),
    rollback: joined(isMove ? lines?.rollback : undefined, Object.values(back)[0] ?? ''),
    notes: [...(lines?.notes ?? []), bypass.note, ...(isOff ? [] : [cost])],
  };
}

/**
 * Adds the lines that remove the client setting `inForce` to the remedy of a switch. If `inForce` is `null`, no setting
 * is in force, and `lines` is returned unchanged.
 */
export function removeBypassLines(lines: Remedy, inForce: Bypass | null): Remedy {
  if (inForce === null) return lines;
  const known = Object.fromEntries(Object.entries(inForce.unset).filter(([form]) => lines.remedy[form] !== undefined));
  return {
    ...lines,
    remedy: withForms(lines.remedy, known),
    rollback: joined(lines.rollback, Object.values(inForce.set)[0] ?? ''),
  };
}

/**
 * Appends the lines of `more` to those of `lines`. The keys of both objects are snippet formats. Objects of the format
 * `json` are merged by key.
 */
function withForms(lines: Remedy['remedy'], more: Remedy['remedy']): Remedy['remedy'] {
  const { json, ...texts } = more;
  const both = Object.entries(texts).map(([form, text]) => [form, joined(lines[form], text)]);
  const programs =
    json === undefined ? {} : { json: JSON.stringify({ ...JSON.parse(lines['json'] ?? '{}'), ...JSON.parse(json) }) };
  return { ...lines, ...Object.fromEntries(both), ...programs };
}

function joined(first: string | Sentence | undefined, second: string): string {
  if (first === undefined) return second;
  return `${saySentence(first, english)}\n${second}`;
}
