import type { TrapKinds } from '../../core/trap.ts';
import type { TrapId } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/say.ts';
import { authorityKinds } from './authorities.ts';
import { doorKinds } from './doors.ts';
import { onlineKinds } from './online-kinds.ts';
import { proxyKinds } from './proxies.ts';

/** Every trap by its id, general ones first. */
export async function trapKinds(): Promise<TrapKinds> {
  const doctors = await Promise.all(registry.all.map((one) => one.doctor?.()));
  return Object.assign(
    {},
    proxyKinds,
    authorityKinds,
    doorKinds,
    ...doctors.map((doctor) => doctor?.kinds ?? {}),
    onlineKinds,
  ) as TrapKinds;
}

/** The text of a trap, wherever it is found: its title, and its effects in a sentence. */
export function trapWords(id: TrapId, say: Say): { readonly title: string; readonly causes: string } {
  return { title: say(`trap.${id}.title`), causes: say(`trap.${id}.causes`) };
}
