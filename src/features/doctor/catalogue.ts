import { formatCommand } from '../../core/command-line.ts';
import type { Trap, TrapKinds } from '../../core/trap.ts';
import { type Authority, type KnownTraps, type TrapId, trapOf } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/words.ts';
import { doorKinds } from './doors.ts';
import { onlineKinds } from './online-subject.ts';
import { proxyKinds } from './proxies.ts';

export async function loadTrapKinds(): Promise<TrapKinds> {
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

export function trapWordsOf(id: TrapId, say: Say): { readonly title: string; readonly causes: string } {
  return { title: say(`trap.${id}.title`), causes: say(`trap.${id}.causes`) };
}

const authorityKinds = {
  'ca-missing': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;

/**
 * Returns a trap for each client in use without a CA file, if a CA file is set for another client. Without the file,
 * the client may refuse certificates that the other client accepts.
 */
export function findAuthorityTraps(all: readonly Authority[], say: Say): readonly Trap[] {
  const [setting] = all.flatMap(({ set }) => (set === null || set.file === null ? [] : [{ ...set, file: set.file }]));
  if (setting === undefined) return [];
  const { file, place } = setting;
  return all.flatMap(({ variable, isUsed, set }): Trap[] => {
    if (set !== null || !isUsed) return [];
    const what = say('trap.ca-missing.what', { file, variable });
    return [trapOf('ca-missing', what, [place], [formatCommand`export ${variable}=${file}`])];
  });
}
