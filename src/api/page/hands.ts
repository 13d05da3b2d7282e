import type { Config } from '../../core/config.ts';
import { isLoopback } from '../access.ts';
import { routes } from '../routes.ts';
import { type Html, html } from './html.ts';

/** One thing that a reader fills in before a button is pressed; its name is the key of the request's body. */
interface Field {
  readonly name: 'for' | 'reason';
  readonly label: string;
  readonly value: string;
  readonly required: boolean;
}

interface Hand {
  /** Unique on the page: what the reader has open stays open. */
  readonly id: string;
  /** A route of the API: the page asks it as anybody would, and it checks as it does for anybody. */
  readonly path: string;
  readonly button: string;
  readonly fields: readonly Field[];
  /** Sent beside the fields. */
  readonly body: Readonly<Record<string, string>>;
}

const duration = (value: string): Field => ({ name: 'for', label: 'for', value, required: true });
const reason = (required: boolean): Field => ({ name: 'reason', label: 'because', value: '', required });

/** Says that the line of an advice is set; and, where there is such a route, that it is not wanted now. */
export function adviceHands(config: Config, id: string): Html {
  const path = `/api/v1/advice/${encodeURIComponent(id)}`;
  const accept: Hand = {
    id: `accept-${id}`,
    path: `${path}/accept`,
    button: 'I have set this line',
    fields: [],
    body: {},
  };
  const dismiss: Hand = {
    id: `dismiss-${id}`,
    path: `${path}/dismiss`,
    button: 'Not now',
    fields: [duration('8h'), reason(true)],
    body: {},
  };
  return html`<div class="hands" hidden>${hand(config, accept)}${canDismiss() && hand(config, dismiss)}</div>`;
}

/** Acknowledges a finding that never clears by itself. */
export function ackHand(config: Config, findingId: string): Html {
  const path = `/api/v1/findings/${encodeURIComponent(findingId)}/ack`;
  return html`<div class="hands" hidden>${hand(config, { id: `ack-${findingId}`, path, button: 'Acknowledge', fields: [reason(true)], body: {} })}</div>`;
}

/** Leaves a mirror alone for a while, or asks it again. */
export function pauseHand(config: Config, registry: string, isPaused: boolean): Html {
  const path = `/api/v1/mirrors/${encodeURIComponent(registry)}/pause`;
  const wanted: Hand = isPaused
    ? { id: `resume-${registry}`, path, button: 'Resume', fields: [], body: { for: '0s' } }
    : { id: `pause-${registry}`, path, button: 'Pause', fields: [duration('1h'), reason(false)], body: {} };
  return html`<div class="hands" hidden>${hand(config, wanted)}</div>`;
}

function canDismiss(): boolean {
  const all: readonly (readonly [string, string])[] = routes;
  return all.some(([method, path]) => method === 'POST' && path === '/api/v1/advice/{id}/dismiss');
}

/** Only the script can press it: a plain form sends no JSON and no bearer token. What needs words first is folded. */
function hand(config: Config, { id, path, button, fields, body }: Hand): Html {
  const inputs = fields.map(
    ({ name, label, value, required }) =>
      html`<label>${label} <input name="${name}" value="${value}" size="${name === 'for' ? 5 : 28}" maxlength="${name === 'for' ? 12 : 500}" autocomplete="off"${name === 'for' && html` pattern="[0-9]+(ms|s|m|h|d)" title="a length of time like 90s, 1h or 2d"`}${required && html` required`}></label>`,
  );
  const token = html`<label class="token"${!needsToken(config) && html` hidden`}>token <input type="password" name="token" autocomplete="current-password" size="18"></label>`;
  const form = html`<form data-post="${path}" data-body="${JSON.stringify(body)}">${inputs}${token}<button type="submit">${button}</button><output role="status"></output></form>`;
  return fields.length === 0
    ? html`<div class="hand" id="${id}">${form}</div>`
    : html`<details class="hand" id="${id}"><summary>${button}…</summary>${form}</details>`;
}

/** Writes need the bearer token off loopback, and wherever one is set. */
export function needsToken({ listen }: Config): boolean {
  return listen.token !== null || !isLoopback(listen.host);
}
