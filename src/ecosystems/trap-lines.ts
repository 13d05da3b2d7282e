import { type Place, placeText } from '../core/trap.ts';
import type { Say } from '../words/say.ts';

/** A setting where it stands. */
interface Placed {
  readonly place: Place;
}

/** What to set where one place hides others: no command changes them all, so each is named. */
export function keptOrDropped(first: Placed, hidden: readonly Placed[], say: Say): readonly string[] {
  const places = hidden.map(({ place }) => placeText(place)).join(', ');
  const here =
    'variable' in first.place
      ? say('trap.shadowed.variable', { name: first.place.variable })
      : say('trap.shadowed.first', { place: placeText(first.place) });
  return [say('trap.shadowed.others', { place: placeText(first.place), places }), here];
}

/** What to do about a plain URL: whether its server speaks TLS shows only where it is asked. */
export function askWhetherTls(ecosystem: string, url: string, say: Say): string {
  return say('trap.plain.set', { url: url.replace(/^http:/i, 'https:'), ecosystem });
}
