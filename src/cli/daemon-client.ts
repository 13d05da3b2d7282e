import { join } from 'node:path';
import { printable } from '../core/printable.ts';
import { readJson } from '../core/read-json.ts';
import { maskText, Secret } from '../core/secret.ts';
import { urlOfListener } from '../core/url.ts';
import {
  type DaemonAt,
  type Exchanged,
  findOwnerSocket,
  sendToDaemon,
  socketPathOf,
  tlsOf,
} from '../daemon/machine.ts';
import type { Context } from '../terminal/context.ts';
import { loadDaemonConfig, readConfigName, readOptionFile, warnOfUnusedConfig } from '../terminal/load.ts';
import { Failed, optionsOf, UsageError } from '../terminal/usage.ts';
import { type Say, sayNamed } from '../words/words.ts';

export const daemonOptions = optionsOf('string', 'url', 'token-file', 'config');

export interface DaemonResponse extends Exchanged {
  readonly tag: 'ok';
  /** Returns the parsed body; `undefined`: it is not JSON, or nested deeper than `nestedMax`. */
  json(): unknown;
}

interface Unreachable {
  readonly tag: 'unreachable';
  readonly text: string;
}

export interface DaemonClient {
  /** The daemon's URL for display, with masked credentials. */
  readonly url: string;
  /** Sends a GET. Returns the response, whatever its status, or the reason why there is none. */
  send(path: string, headers?: Readonly<Record<string, string>>): Promise<DaemonResponse | Unreachable>;
  /** Sends a GET. Returns a response with status 200 or 204. @throws Failed on another status or without a response */
  get(path: string): Promise<DaemonResponse>;
  /**
   * Sends a POST. Returns a response with status 200. If the daemon could not store the change, one line on standard
   * error says so. @throws Failed on another status or without a response
   */
  post(path: string, body: unknown): Promise<DaemonResponse>;
}

/** Thrown if the configuration does not show the address of the daemon. */
export class UnknownAddress extends UsageError<'wrong.whereDaemon'> {}

/** No response of a daemon has so many levels. More could exhaust the stack of what shows them. */
const nestedMax = 50;

function isFlat(value: unknown, left = nestedMax): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return left > 0 && Object.values(value).every((one) => isFlat(one, left - 1));
}

const usualMs = 15_000;
const usualUrl = 'http://127.0.0.1:10120';

export type DaemonFlags = { readonly [Name in keyof typeof daemonOptions]?: string | undefined };

/**
 * Returns a client of the daemon at `--url`, or else of the daemon of the configuration that `--config` or the
 * environment names. Without these, it is the daemon of this folder, or the one at the default address: a configuration
 * that is only found in the folder is not read, because the folder may be a stranger's checkout.
 * `--token-file` sets or replaces the token.
 * @param limitMs  timeout of a response, milliseconds
 * @throws UnknownAddress if the section `listen` cannot be read
 * @throws UsageError on an invalid URL, or if the token's file cannot be read
 */
export async function daemonAt(context: Context, flags: DaemonFlags, limitMs: number = usualMs): Promise<DaemonClient> {
  const at = await placeOf(context, flags);
  const shownUrl = maskText(at.url);
  const isBySocket = at.statePath !== undefined && (await findOwnerSocket(at.statePath)) !== 'none';
  const shownPlace = isBySocket ? socketPathOf(at.statePath) : shownUrl;
  const isNamed = flags.url !== undefined || readConfigName(context, flags.config) !== undefined;
  if (!isBySocket && !isNamed) await warnOfUnusedConfig(context, 'daemon.found');
  const send = async (
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<DaemonResponse | Unreachable> => {
    const headers = {
      // The daemon writes its error messages in this language.
      'accept-language': context.language,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...more,
    };
    try {
      const text = body === undefined ? null : JSON.stringify(body);
      const response = await sendToDaemon(at, { method, path, headers, body: text, limitMs });
      const value = readJson(response.text);
      return { tag: 'ok', ...response, json: () => (isFlat(value) ? value : undefined) };
    } catch (cause) {
      const { code, name } = cause as NodeJS.ErrnoException;
      if (code === 'UNPROVEN') return { tag: 'unreachable', text: context.say('daemon.unproven', { url: shownUrl }) };
      const why = code === 'ABORT_ERR' ? context.say('daemon.within', { seconds: limitMs / 1000 }) : (code ?? name);
      return { tag: 'unreachable', text: context.say('daemon.unreachable', { url: shownPlace, why }) };
    }
  };
  const wanted = async (statuses: readonly number[], ...of: Parameters<typeof send>): Promise<DaemonResponse> => {
    const response = await send(...of);
    if (response.tag === 'unreachable') throw new Failed(response.text, 1);
    // The status 400 means that a word of the command is wrong, for example `--for`.
    if (!statuses.includes(response.status))
      throw new Failed(formatProblem(response, context.say), response.status === 400 ? 2 : 1);
    return response;
  };
  return {
    url: shownUrl,
    send: (path, headers) => send('GET', path, undefined, headers),
    get: (path) => wanted([200, 204], 'GET', path),
    async post(path, body) {
      const response = await wanted([200], 'POST', path, body);
      const trouble = response.headers['x-state-trouble'];
      if (trouble !== undefined)
        context.terminal.err(
          context.say('daemon.notStored', {
            why: sayNamed(context.say, `store.${trouble}`) ?? printable(String(trouble)),
          }),
        );
      return response;
    },
  };
}

async function placeOf(context: Context, flags: DaemonFlags): Promise<DaemonAt> {
  const path = flags['token-file'];
  const text = path === undefined ? '' : await readOptionFile(context, 'token-file', path);
  const given = text === '' ? null : new Secret(text);
  if (flags.url !== undefined) {
    mustBeDaemonUrl(flags.url);
    return { url: flags.url.replace(/\/$/, ''), token: given };
  }
  if (readConfigName(context, flags.config) === undefined)
    return { url: usualUrl, token: given, statePath: join(context.cwd, 'data/mirrorwatch.db') };
  const loaded = await loadDaemonConfig(context, flags.config);
  if (loaded.tag === 'error') {
    context.terminal.err(loaded.error.text);
    throw new UnknownAddress('wrong.whereDaemon');
  }
  const { listen, state } = loaded.value;
  const where = state === null ? {} : { statePath: state.path };
  return { url: urlOfListener(listen), token: given ?? listen.token, ...where, ...tlsOf(listen) };
}

function mustBeDaemonUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:\/\/[^/]/i.test(text)) throw new UsageError('wrong.daemonUrl', { url: text });
  if (url.username !== '' || url.password !== '') throw new UsageError('wrong.daemonCredentials');
}

/** Formats an error response (RFC 9457) as one printable line. */
export function formatProblem(response: DaemonResponse, say: Say): string {
  const { title, detail } = (response.json() ?? {}) as { title?: string; detail?: string };
  const text = [title, detail].filter(Boolean).join(say('list.colon'));
  return text === '' ? say('daemon.answered', { status: response.status }) : printable(say('daemon.problem', { text }));
}
