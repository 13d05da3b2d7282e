import type { Advisor } from '../../../src/advise/advisor.ts';
import type { Advice } from '../../../src/core/advice.ts';
import { goClient } from '../../../src/ecosystems/go/client.ts';
import type { Move, WorldChain, WorldSetup } from '../world.ts';
import { declaredBy, ecosystemOf } from './config.ts';

/** Which chain clients use: that of the current remedy, or that of the accepted advice. */
export type Following = 'remedy' | 'accepted';

/** Records each change of the chain that clients are advised to use. */
export interface Moves {
  /** Compares the current chain with the last one, and records a move if they differ. */
  note(
    advisor: Advisor,
    setup: WorldSetup,
    declared: (ecosystem: string, upstream: string) => string,
    atMs: number,
  ): void;
  /**
   * Applies a new configuration. If it declares another chain, clients use that chain from now on. This counts as no
   * move.
   */
  reload(before: WorldSetup, after: WorldSetup): void;
  readonly moves: readonly Move[];
}

/**
 * Makes the list of moves of one run. If the remedy is `nothing`, clients use the declared chain: a script that
 * requests the remedy before each build then gets no line to set.
 */
export function createMoves(following: Following): Moves {
  const told = new Map<string, { readonly text: string; readonly shown: string }>();
  const moves: Move[] = [];
  let noted: { readonly setup: WorldSetup | null; readonly upstreams: readonly string[] } = {
    setup: null,
    upstreams: [],
  };
  const declaredIn = (setup: WorldSetup, upstream: string): string =>
    shownOf(worldChain(declaredBy(setup)(ecosystemOf(setup), upstream), setup));
  return {
    moves,
    reload(before, after) {
      for (const upstream of upstreamsOf(after)) {
        const shown = declaredIn(after, upstream);
        const isAnew = before.chains[upstream] === undefined || declaredIn(before, upstream) !== shown;
        if (isAnew) told.set(upstream, { text: declaredBy(after)(ecosystemOf(after), upstream), shown });
      }
    },
    note(advisor, setup, declared, atMs) {
      if (setup !== noted.setup) noted = { setup, upstreams: [...upstreamsOf(setup)] };
      for (const upstream of noted.upstreams) {
        const advice = inForce(advisor, ecosystemOf(setup), upstream, following);
        const text = advice?.chain.after ?? declared(ecosystemOf(setup), upstream);
        const before = told.get(upstream);
        if (before?.text === text) continue;
        const chain = worldChain(text, setup);
        const shown = shownOf(chain);
        told.set(upstream, { text, shown });
        // The first chain is no move, and neither is another way to write the same URL.
        if (before === undefined || before.shown === shown) continue;
        moves.push({ atMs, upstream, chain, why: advice === null ? 'declared' : `${advice.cause}: ${advice.reason}` });
      }
    },
  };
}

function shownOf({ members, separators }: WorldChain): string {
  return members.map((member, at) => `${member}${separators[at] ?? ''}`).join('');
}

function upstreamsOf(setup: WorldSetup): ReadonlySet<string> {
  return new Set(setup.mirrors.map(({ upstream }) => upstream));
}

function inForce(advisor: Advisor, ecosystem: string, upstream: string, following: Following): Advice | null {
  if (following === 'remedy') {
    const now = advisor.remedy(ecosystem, upstream);
    return now.kind === 'set' ? now.advice : null;
  }
  return advisor.list().find((one) => one.state === 'accepted' && one.upstream === upstream) ?? null;
}

/** Converts a chain of URLs to a chain of mirror names. */
export function worldChain(text: string, setup: WorldSetup): WorldChain {
  const parsed = goClient.parse(text);
  if (parsed.tag === 'error') throw new Error(`a chain cannot be read: ${text}`);
  const names = new Map(setup.mirrors.map(({ name, url }) => [goClient.member(url).key, name]));
  const members = parsed.value.members.map((member) => {
    const name = member.kind === 'url' ? names.get(member.key) : member.kind;
    if (name === undefined) throw new Error(`a chain names what is no mirror: ${member.shown}`);
    return name;
  });
  return { members, separators: parsed.value.separators };
}
