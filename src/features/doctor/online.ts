import type { Diagnosis, Unchecked } from '../../core/trap.ts';
import type { Say } from '../../words/words.ts';
import { type LayerState, layersOf } from './layers.ts';
import {
  type OnlineProber,
  type OnlineSubject,
  type OnlineTrap,
  type SeenSubject,
  subjectPlaceOf,
} from './online-subject.ts';
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

export interface ProbedMirror {
  readonly registry: string;
  readonly url: string;
  readonly layers: readonly LayerState[];
}

export interface OnlineFound extends Diagnosis {
  readonly probedMirrors: readonly ProbedMirror[];
}

export async function examineOnline(subjects: readonly OnlineSubject[], prober: OnlineProber): Promise<OnlineFound> {
  const { say } = prober;
  const seen: SeenSubject[] = [];
  const traps: OnlineTrap[] = [];
  const unchecked: Unchecked[] = [];
  const overFour = new Set<OnlineSubject>();
  for (const subject of subjects) {
    prober.progress(subject.question.mirror.name);
    const probed = await prober.probe(subject.config, subject.question);
    const where = [subjectPlaceOf(subject)];
    if (probed === null) {
      unchecked.push({ id: 'online-http', because: say('online.thread'), where });
      continue;
    }
    const one: SeenSubject = { subject, probed, layered: layersOf(probed, say) };
    seen.push(one);
    const { outcome } = probed.sample;
    if (outcome.tag === 'unknown')
      unchecked.push({ id: 'online-name', because: uncheckedText(outcome.because, say), where });
    const ofFamily = await findFamilyTraps(one, prober);
    if (ofFamily.length > 0 && probed.transcript.hops.at(-1)?.family === 6) overFour.add(subject);
    traps.push(
      ...findLies(one, say),
      ...findSlowTraps(one, say),
      ...(await findPlainOnTls(one, prober)),
      ...ofFamily,
      ...(await findVersionTraps(one, prober)),
      ...(await findRelayTraps(one, prober)),
    );
  }
  traps.push(...(await findMadeUp(seen, prober)));
  prober.progress('');
  return {
    traps: [...findLayerTraps(seen, overFour, say), ...findClockTraps(seen, say), ...traps],
    unchecked,
    probedMirrors: seen.map(({ subject, layered }) => ({
      registry: subject.question.mirror.name,
      url: subject.question.mirror.url,
      layers: layered.states,
    })),
  };
}

function uncheckedText(because: string, say: Say): string {
  return because === 'resolver' || because === 'local' ? say(`online.untold.${because}`) : because;
}
