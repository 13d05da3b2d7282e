import type { Trap, Untold } from '../../core/trap.ts';
import type { Say } from '../../words/words.ts';
import { type LayerState, layersOf } from './layers.ts';
import { type Asking, type OnlineTrap, placeOf, type Seen, type Subject } from './online-subject.ts';
import {
  findClockTraps,
  findFamilyTraps,
  findLayerTraps,
  findLies,
  findMadeUp,
  findPlainOnTls,
  findRelayTraps,
  findSlowTraps,
  findVersionTraps,
} from './online-traps.ts';

export interface AskedMirror {
  readonly registry: string;
  readonly url: string;
  readonly layers: readonly LayerState[];
}

export interface OnlineFound {
  readonly traps: readonly Trap[];
  readonly untold: readonly Untold[];
  readonly asked: readonly AskedMirror[];
}

export async function examineOnline(subjects: readonly Subject[], asking: Asking): Promise<OnlineFound> {
  const { say } = asking;
  const seen: Seen[] = [];
  const traps: OnlineTrap[] = [];
  const untold: Untold[] = [];
  const overFour = new Set<Subject>();
  for (const subject of subjects) {
    asking.progress(subject.question.mirror.name);
    const probed = await asking.ask(subject.config, subject.question);
    if (probed === null) {
      untold.push({ id: 'online-http', because: say('online.thread'), where: [placeOf(subject)] });
      continue;
    }
    const one: Seen = { subject, probed, layered: layersOf(probed, say) };
    seen.push(one);
    const { outcome } = probed.sample;
    if (outcome.tag === 'unknown')
      untold.push({ id: 'online-name', because: untoldText(outcome.because, say), where: [placeOf(subject)] });
    const ofFamily = await findFamilyTraps(one, asking);
    if (ofFamily.length > 0 && probed.transcript.hops.at(-1)?.family === 6) overFour.add(subject);
    traps.push(
      ...findLies(one, say),
      ...findSlowTraps(one, say),
      ...(await findPlainOnTls(one, asking)),
      ...ofFamily,
      ...(await findVersionTraps(one, asking)),
      ...(await findRelayTraps(one, asking)),
    );
  }
  traps.push(...(await findMadeUp(seen, asking)));
  asking.progress('');
  return {
    traps: [...findLayerTraps(seen, overFour, say), ...findClockTraps(seen, say), ...traps],
    untold,
    asked: seen.map(({ subject, layered }) => ({
      registry: subject.question.mirror.name,
      url: subject.question.mirror.url,
      layers: layered.states,
    })),
  };
}

function untoldText(because: string, say: Say): string {
  return because === 'resolver' || because === 'proxy' || because === 'local'
    ? say(`online.untold.${because}`)
    : because;
}
