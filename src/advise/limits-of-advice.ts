import type { Mirror } from '../core/mirror.ts';
import type { Sentence } from '../core/sentence.ts';
import type { Chain } from '../ecosystems/client.ts';
import { phrase } from '../words/tell.ts';
import { mirrorOf, type View } from './view.ts';

/** What the line cannot change or we do not know: the client's own notes are added by the caller. */
export function limitsOfAdvice(view: View, to: Mirror, after: Chain): Sentence[] {
  const notes: Sentence[] = [];
  const origin = view.mirrors.find((mirror) => mirror.role === 'origin');
  const reached = origin !== undefined && view.tallyOf(origin.name).canary.at(-1)?.tag === 'ok';
  if (origin !== undefined && !reached) notes.push(phrase('note.originUnreached', { origin: origin.name }));
  else if (origin === undefined) notes.push(phrase('note.noOrigin'));
  for (const member of after.members) {
    const mirror = mirrorOf(view, member);
    if (mirror?.access.auth) notes.push(phrase('note.asksCredentials', { mirror: mirror.name }));
  }
  if (to.access.tls.ca.length > 0 || to.access.tls.client !== null)
    notes.push(phrase('note.certificate', { mirror: to.name }));
  if (to.access.proxy !== null) notes.push(phrase('note.proxy', { mirror: to.name }));
  const { relay } = view.group.client;
  const need = relay?.need(view.config.settings[view.group.ecosystem]) ?? 'off';
  if (relay !== undefined && need !== 'off' && view.tallyOf(to.name).relay.state === 'unknown')
    notes.push(phrase('note.relay', { mirror: to.name, relay: relay.title }));
  return notes;
}
