import type { TrapKinds } from '../core/trap.ts';
import { registry } from '../ecosystems/registry.ts';
import { onlineKinds } from './online-kinds.ts';
import { proxyKinds } from './proxies.ts';

/** Every trap by its id, those of no ecosystem first. */
export async function trapKinds(): Promise<TrapKinds> {
  const doctors = await Promise.all(registry.all.map((one) => one.doctor?.()));
  return Object.assign({}, proxyKinds, ...doctors.map((doctor) => doctor?.kinds ?? {}), onlineKinds) as TrapKinds;
}
