import type { Made } from './errors.ts';

/** One prober's turn: what it asks, how often and how long. */
export interface Turn {
  /** The file behind the link. */
  readonly link: string;
  /** The server that waits, up to the module. */
  readonly server: string;
  /** Begins the name of every probe of this turn: no two turns have the same. */
  readonly name: string;
  readonly perSecond: number;
  readonly forMs: number;
}

/** The module that the server that waits is asked for, up to the number of the probe. */
export function moduleOf({ name }: Turn): string {
  return `example.com/${name}x`;
}

/** What the probe with this number asks: both in turn. */
export function shotAt(turn: Turn, number: number): { readonly made: Made; readonly id: string; readonly url: string } {
  const id = `${turn.name}x${number}`;
  if (number % 2 === 0) return { made: 'link', id, url: turn.link };
  return { made: 'server', id, url: `${turn.server}/${moduleOf(turn)}${number}/@v/v1.0.0.mod` };
}
