import type { Mirror } from '../core/mirror.ts';
import type { Chain } from '../ecosystems/client.ts';
import { mirrorOf, type View } from './view.ts';

/** What the line cannot change or we do not know: the client's own notes are added by the caller. */
export function limitsOfAdvice(view: View, to: Mirror, after: Chain): string[] {
  const notes: string[] = [];
  const origin = view.mirrors.find((mirror) => mirror.role === 'origin');
  const reached = origin !== undefined && view.tallyOf(origin.name).canary.at(-1)?.tag === 'ok';
  if (origin !== undefined && !reached)
    notes.push(
      `How fresh the mirrors are was compared among them alone, if at all: the origin ${origin.name} is not reachable from here.`,
    );
  else if (origin === undefined)
    notes.push('How fresh the mirrors are was compared among them alone, if at all: no origin is watched.');
  for (const member of after.members) {
    const mirror = mirrorOf(view, member);
    if (mirror?.access.auth) notes.push(`${mirror.name} asks for credentials: clients need their own.`);
  }
  if (to.access.tls.ca.length > 0 || to.access.tls.client !== null)
    notes.push(`${to.name} is watched with a CA or client certificate of its own: clients need the same.`);
  if (to.access.proxy !== null) notes.push(`${to.name} is watched through a proxy: clients may need it too.`);
  const { relay } = view.group.client;
  const need = relay?.need(view.config.settings[view.group.ecosystem]) ?? 'off';
  if (relay !== undefined && need !== 'off' && view.tallyOf(to.name).relay.state === 'unknown')
    notes.push(`Whether ${to.name} relays ${relay.title} was not measured yet.`);
  return notes;
}
