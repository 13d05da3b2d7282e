import type { Advice } from '../../core/advice.ts';
import type { Config } from '../../core/config.ts';
import type { Finding } from '../../core/finding.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { Now, Random } from '../../core/ports.ts';
import { systemClock } from '../../daemon/machine.ts';
import { leadingClientOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { type Chat, isChat } from '../../notify/chat/message.ts';
import { createNotifier, type Notifier } from '../../notify/notifier.ts';
import type { Card } from '../../notify/receivers/section.ts';
import { marks } from '../../notify/receivers/service.ts';
import { saySentence } from '../../words/tell.ts';
import { english } from '../../words/words.ts';
import sample from './sample.json' with { type: 'json' };

const minute = 60_000;

export interface PreviewCard {
  readonly card: Card;
  readonly body: string;
}

/**
 * Returns sample messages of a chat receiver: a mirror becomes slow; another mirror goes down, which causes advice, and
 * recovers. Quiet hours of the receiver do not apply.
 * @returns `null`: there is no such receiver, or it is not for chat messages
 */
export function previewOf(config: Config, name: string, wallMs = systemClock.wallMs()): readonly PreviewCard[] | null {
  const receiver = config.webhooks.find((one) => one.name === name);
  if (receiver === undefined || !isChat(receiver)) return null;
  const awake = { ...receiver, chat: { ...receiver.chat, quiet: null } };
  const stage = new Stage(config, awake, wallMs);
  const { slow, down, advice } = samples(config, awake, wallMs);
  return [
    ...stage.show([{ change: 'opened', finding: slow }], []),
    ...stage.show([{ change: 'opened', finding: down }], [{ change: 'proposed', advice }]),
    ...stage.show([{ change: 'closed', finding: closed(down, wallMs + 14 * minute) }], []),
  ];
}

export function renderPreviewText({ card }: PreviewCard, at: number): readonly string[] {
  return [...(at === 0 ? [] : ['', '─'.repeat(40), '']), ...plainCard(card)];
}

/** The daemon's notifier with a clock that the preview sets. */
class Stage {
  readonly #notifier: Notifier;
  readonly #startMs: number;
  #now: Now;

  constructor(config: Config, receiver: Chat, wallMs: number) {
    let ids = 0;
    const random: Random = {
      next: () => 0.5,
      id: () => {
        ids += 1;
        return `0000000000000000k7${String(ids).padStart(2, '0')}`.padStart(20, '0');
      },
    };
    this.#startMs = wallMs;
    this.#now = { wallMs, monotonicMs: 0 };
    const only = { ...config, webhooks: [receiver] };
    this.#notifier = createNotifier({ config: only, restored: [], random, now: this.#now });
  }

  show(...[findings, advice]: [Changes['findings'], Changes['advice']]): readonly PreviewCard[] {
    this.#notifier.compose({ findings, advice }, this.#now);
    const wallMs = this.#now.wallMs + 10 * minute;
    this.#now = { wallMs, monotonicMs: wallMs - this.#startMs };
    return this.#notifier.takeDue(this.#now).flatMap(({ notice, message, card }) => {
      this.#notifier.delivered(notice, { tag: 'delivered', status: 200 }, this.#now);
      return card === undefined ? [] : [{ card, body: message.body }];
    });
  }
}

type Changes = Parameters<Notifier['compose']>[0];

function closed(finding: Finding, closedAtMs: number): Finding {
  return { ...finding, state: 'closed', closedAtMs };
}

/**
 * Returns a mirror that this receiver covers, else the first mirror. Also returns another mirror of the same upstream,
 * or `null`.
 */
function pairOf({ mirrors }: Config, { only }: Chat): readonly [Mirror, Mirror | null] {
  const wanted = mirrors.filter(
    ({ name, ecosystem, role }) =>
      role !== 'origin' && (only?.mirrors?.includes(name) ?? true) && (only?.ecosystems?.includes(ecosystem) ?? true),
  );
  const first = wanted[0] ?? mirrors[0];
  if (first === undefined) throw new Error('a configuration has a mirror');
  const second = mirrors.find(
    ({ name, ecosystem, upstream, role }) =>
      name !== first.name && role !== 'origin' && ecosystem === first.ecosystem && upstream === first.upstream,
  );
  return [first, second ?? null];
}

function samples(config: Config, receiver: Chat, wallMs: number) {
  const [first, second] = pairOf(config, receiver);
  const { ecosystem, upstream, name: from } = first;
  const of = { ecosystem, upstream };
  const times = { issuedAtMs: wallMs, expiresAtMs: wallMs + config.advise.ttlMs };
  const advice = {
    ...sample.advice,
    ...of,
    ...times,
    ...linesFor(config, first, second),
    ...{ vantage: config.vantage, from, to: second?.name ?? 'direct' },
  } as Advice;
  return {
    slow: { ...sample.slow, ...of, registry: second?.name ?? from, openedAtMs: wallMs } as Finding,
    down: { ...sample.down, ...of, registry: from, openedAtMs: wallMs } as Finding,
    advice,
  };
}

function linesFor(config: Config, from: Mirror, to: Mirror | null): Pick<Advice, 'remedy' | 'rollback'> {
  const kind = registry.of(from.ecosystem);
  if (kind === null) return { remedy: {}, rollback: '' };
  const client = leadingClientOf(kind, config);
  const chainOf = (mirror: Mirror | null) => client.parse(client.usual(mirror?.url ?? null));
  const [before, after] = [chainOf(from), chainOf(to)];
  if (before.tag === 'error' || after.tag === 'error') return { remedy: {}, rollback: '' };
  const patterns = config.private[from.ecosystem] ?? [];
  const { remedy, rollback } = client.remedy(before.value, after.value, patterns, {
    upstream: from.upstream,
    mirrors: config.mirrors,
  });
  return { remedy, rollback: saySentence(rollback, english) };
}

function plainCard({ tone, title, sections, link, foot }: Card): string[] {
  const isOne = sections.length === 1;
  return [
    `${marks[tone]} ${title}`,
    ...sections.flatMap((section) => [
      '',
      ...(isOne ? [] : [`${marks[section.tone]} ${section.title} #${section.ref}`]),
      ...(section.code === null
        ? []
        : [section.code.label, ...section.code.text.split('\n').map((line) => `    ${line}`)]),
      ...section.rows.map(({ label, text }) => `${label}: ${text}`),
    ]),
    '',
    ...(link === null ? [] : [`${link.text}: ${link.url}`]),
    foot,
  ];
}
