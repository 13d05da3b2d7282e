import { printable } from '../../core/printable.ts';
import type { Say } from '../../words/words.ts';
import { type ErrorReason, findKnownErrors, type KnownError, type OwnReason, ownReasons } from './client-errors.ts';
import { failuresByLayer } from './layers.ts';

/** The meaning of a client's error: where it happened, and which commands to run next, the best first. */
export interface Explained {
  readonly reason: ErrorReason;
  /** `null`: the problem is in the client itself. */
  readonly layer: string | null;
  /** `null`: not recognizable. */
  readonly ecosystem: string | null;
  readonly url: string | null;
  /** The line that it was read from, printable, without user-info. */
  readonly line: string;
  readonly means: string;
  readonly next: string;
  /** At least one. */
  readonly run: readonly string[];
}

/** The errors of package clients in a text, explained; empty: none is known. */
export function explain(text: string, say: Say): readonly Explained[] {
  return findKnownErrors(text).map((error) => {
    const { reason, ecosystem, url } = error;
    const { layer, means, next } = meaningOf(reason, say);
    return { reason, layer, ecosystem, url, line: shownLine(error), means, next, run: runOf(error) };
  });
}

interface Meaning {
  readonly layer: string | null;
  readonly means: string;
  readonly next: string;
}

/** The line without user-info in URLs; an `@` in the path (`/@v/list`) is kept. */
function shownLine({ line }: KnownError): string {
  return printable(line.replaceAll(/:\/\/[^\s/@]*@/g, '://***@'));
}

function meaningOf(reason: ErrorReason, say: Say): Meaning {
  if (isOwn(reason)) return { layer: null, means: say(`explain.means.${reason}`), next: say(`explain.next.${reason}`) };
  const found = failuresByLayer(say).find(({ kind }) => kind === reason);
  return { layer: found?.layer ?? null, means: found?.means ?? '', next: found?.next ?? '' };
}

function isOwn(reason: ErrorReason): reason is OwnReason {
  return (ownReasons as readonly string[]).includes(reason);
}

/** Commands that show more, the best first. */
function runOf({ reason, ecosystem, url }: KnownError): readonly string[] {
  const of = ecosystem === null ? '' : ` --ecosystem ${ecosystem}`;
  const there = url === null || isOwn(reason) ? [] : [`mirrorwatch doctor ${url}${of}`];
  const others = ecosystem === null || isOwn(reason) ? [] : [`mirrorwatch rank ${ecosystem}`];
  return [...there, ...(isOwn(reason) || url === null ? ['mirrorwatch doctor'] : []), ...others];
}
