import type { Config } from '../../core/config.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { Probed } from '../../core/ports.ts';
import type { Step } from '../../core/target.ts';
import type { Place, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/say.ts';
import type { Layered } from './layers.ts';
import type { onlineKinds } from './online-kinds.ts';

/** What a mirror is asked once. */
export interface Question {
  readonly mirror: Mirror;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
}

/** A mirror to examine, with its configuration. */
export interface Subject {
  readonly config: Config;
  readonly question: Question;
}

/** How mirrors are asked. */
export interface Asking {
  /** One probe, now; `null`: our own thread returned nothing. */
  readonly ask: (config: Config, question: Question) => Promise<Probed | null>;
  /** A word that is nobody's name. */
  readonly nonsense: string;
  readonly progress: (registry: string) => void;
  /** In the language of who asked. */
  readonly say: Say;
}

export type OnlineTrap = Trap & { readonly id: keyof typeof onlineKinds };

export interface Seen {
  readonly subject: Subject;
  readonly probed: Probed;
  readonly layered: Layered;
}

export function placeOf({ question: { mirror } }: Subject): Place {
  return { mirror: `${mirror.name} (${mirror.url})` };
}
