import { isLoopback } from '../../core/addresses.ts';
import type { Config } from '../../core/config.ts';
import { urlOfListener } from '../../core/url.ts';
import { type Html, html, type PageSay } from './html.ts';

interface Field {
  readonly name: 'for' | 'reason';
  readonly label: string;
  readonly value: string;
  readonly required: boolean;
}

interface Hand {
  /** The id of the form. It is unique on the page, so that an open form stays open when the page is refreshed. */
  readonly id: string;
  readonly path: string;
  readonly button: string;
  readonly fields?: readonly Field[];
  readonly body?: Readonly<Record<string, string>>;
}

function durationField(say: PageSay, value: string): Field {
  return { name: 'for', label: say('hand.for'), value, required: true };
}

function reasonField(say: PageSay, required: boolean): Field {
  return { name: 'reason', label: say('card.because'), value: '', required };
}

/** @param hasLine  true if the advice shows lines to paste; false: only the chain to set */
export function renderAdviceForms(say: PageSay, config: Config, id: string, hasLine: boolean): Html {
  const path = `/api/v1/advice/${encodeURIComponent(id)}`;
  const fields = [durationField(say, '8h'), reasonField(say, true)];
  return renderForms(say, config, [
    { id: `accept-${id}`, path: `${path}/accept`, button: say(hasLine ? 'hand.accept' : 'hand.acceptChain') },
    { id: `dismiss-${id}`, path: `${path}/dismiss`, button: say('hand.dismiss'), fields },
  ]);
}

export function renderAckForm(say: PageSay, config: Config, findingId: string): Html {
  const path = `/api/v1/findings/${encodeURIComponent(findingId)}/ack`;
  const fields = [reasonField(say, true)];
  return renderForms(say, config, [{ id: `ack-${findingId}`, path, button: say('hand.ack'), fields }]);
}

export function pauseHand(say: PageSay, config: Config, registry: string, isPaused: boolean): Html {
  const path = `/api/v1/mirrors/${encodeURIComponent(registry)}/pause`;
  const fields = [durationField(say, '1h'), reasonField(say, false)];
  const wanted = isPaused
    ? { id: `resume-${registry}`, path, button: say('hand.resume'), body: { for: '0s' } }
    : { id: `pause-${registry}`, path, button: say('hand.pause'), fields };
  return renderForms(say, config, [wanted]);
}

export function renderActionForm(say: PageSay, config: Config, verb: 'stop' | 'resume' | 'undo', id = 'all'): Html {
  const path = `/api/v1/actions/${verb === 'undo' ? `${encodeURIComponent(id)}/undo` : verb}`;
  return renderForms(say, config, [{ id: `${verb}-${id}`, path, button: say(`actions.${verb}`) }]);
}

function renderForms(say: PageSay, config: Config, all: readonly Hand[]): Html {
  return html`<div class="hands" hidden>${all.map((one) => hand(say, config, one))}</div>`;
}

/**
 * Renders a form for an action. Only the page's script can send it, because a plain HTML form sends neither JSON nor a
 * bearer token. Forms with inputs are folded.
 */
function hand(say: PageSay, config: Config, { id, path, button, fields = [], body = {} }: Hand): Html {
  const inputs = fields.map(
    ({ name, label, value, required }) =>
      html`<label>${label} <input name="${name}" value="${value}" size="${name === 'for' ? 5 : 28}" maxlength="${name === 'for' ? 12 : 500}" autocomplete="off"${name === 'for' && html` pattern="[0-9]+(ms|s|m|h|d)" title="${say('hand.length')}"`}${required && html` required`}></label>`,
  );
  const token = html`<label class="token"${!needsToken(config) && html` hidden`}>${say('hand.token')} <input type="password" name="token" autocomplete="current-password" size="18"></label>`;
  const form = html`<form data-post="${path}" data-body="${JSON.stringify(body)}">${inputs}${token}<button type="submit">${button}</button><output role="status"></output></form>`;
  return fields.length === 0
    ? html`<div class="hand" id="${id}">${form}</div>`
    : html`<details class="hand" id="${id}"><summary>${button}…</summary>${form}</details>`;
}

function needsToken({ listen }: Config): boolean {
  return listen.token !== null || !isLoopback(listen.host);
}

const usual = 'http://127.0.0.1:10120';

/** Returns the command-line options for reaching this daemon from this machine; empty: none is needed. */
export function reach(config: Config): readonly string[] {
  const url = urlOfListener(config.listen);
  return [...(url === usual ? [] : ['--url', url]), ...(needsToken(config) ? ['--token-file', 'FILE'] : [])];
}
