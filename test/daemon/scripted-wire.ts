import type { Phase } from '../../src/core/failure.ts';
import type { HopRequest, HopResponse, Line, Wire } from '../../src/core/ports.ts';
import type { Hop, HttpProtocol } from '../../src/core/transcript.ts';
import type { Answer } from '../support/answer.ts';
import { sampleTls } from '../support/samples.ts';
import { moduleAnswers, syntheticModules } from '../support/synthetic-modules.ts';
import { epochMs, type ManualTime } from './manual-time.ts';

/** What a mirror does with one request: a number is a true answer after so many milliseconds. */
export type Behaviour =
  | number
  | {
      readonly status: number;
      readonly afterMs?: number;
      readonly headers?: Record<string, string>;
      readonly body?: string | Buffer;
    }
  | { readonly code: string; readonly phase: Phase; readonly afterMs?: number }
  | 'hangs'
  /** The head comes, and not the whole body. */
  | 'stalls';

/** One request as the script sees it. */
export interface Asked {
  readonly registry: string;
  readonly path: string;
  /** Simulated milliseconds since the start. */
  readonly atMs: number;
  /** The HTTP version that a server takes which speaks both. */
  readonly protocol: HttpProtocol;
}

export type Script = (asked: Asked) => Behaviour;

/** Nobody listens. */
export const refuses: Behaviour = { code: 'ECONNREFUSED', phase: 'connect', afterMs: 2 };

/** A wire without sockets: true answers of made-up modules, as late and as wrong as the script says. */
export interface ScriptedWire extends Wire {
  script: Script;
  controls: (name: string, atMs: number) => boolean;
  /** The servers choose an HTTP version, and hops tell it. */
  choosesProtocol: boolean;
  /** Requests so far. */
  readonly asked: Asked[];
}

const tls = { ...sampleTls, expiresAtMs: epochMs + 90 * 86_400_000 };

/** An address in a network of its own for each host, the same each time. */
function addressOf(host: string): string {
  const sum = [...host].reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 50_000, 7);
  return `198.${18 + (Math.floor(sum / 250) % 2)}.${sum % 250}.7`;
}

/** Where in a hop its marks are, as shares of its time. */
const marksAt = { resolved: 0.05, connected: 0.2, secured: 0.4, firstByte: 0.9 } as const;

export function scriptedWire(time: ManualTime, script: Script): ScriptedWire {
  const answers = moduleAnswers(syntheticModules);
  const asked: Asked[] = [];

  function hop(
    { registry, protocol }: Pick<Asked, 'registry' | 'protocol'>,
    basePath: string,
    request: HopRequest,
  ): Promise<HopResponse> {
    const { pathname } = new URL(request.url);
    const path = decodeURI(pathname).slice(basePath.length);
    const one: Asked = { registry, path, atMs: time.nowMs(), protocol };
    asked.push(one);
    const start = request.startMs ?? time.nowMs();
    const does = self.script(one);
    const wanted =
      typeof does === 'number' ? does : typeof does === 'string' ? Number.POSITIVE_INFINITY : (does.afterMs ?? 20);
    const late = time.nowMs() + wanted >= request.deadlineMs;
    const tookMs = late ? Math.max(0, request.deadlineMs - time.nowMs()) : wanted;
    return new Promise((resolve) => {
      time.timers.after(tookMs, () => {
        const answer = answerOf(request, path, start, late && does !== 'stalls' ? 'late' : does);
        resolve(self.choosesProtocol ? { ...answer, hop: { ...answer.hop, protocol } } : answer);
      });
    });
  }

  function answerOf(request: HopRequest, path: string, start: number, does: Behaviour | 'late'): HopResponse {
    const end = time.nowMs();
    const at = (share: number): number => start + (end - start) * share;
    const secure = request.url.startsWith('https:');
    const base = {
      url: request.url,
      aside: request.aside,
      reused: false,
      remoteAddress: addressOf(new URL(request.url).hostname),
      remotePort: 443,
      family: 4 as const,
      proxy: null,
      tls: secure ? tls : null,
      requestHeaders: request.headers,
      responseHeaders: {},
    };
    if (typeof does === 'string' || (typeof does === 'object' && 'code' in does)) {
      const fault =
        typeof does === 'object'
          ? { code: does.code, phase: does.phase, text: '', bytesRead: 0 }
          : {
              code: 'MW_DEADLINE',
              phase: does === 'stalls' ? ('transfer' as const) : ('processing' as const),
              text: '',
              bytesRead: 0,
              limitMs: request.limitMs,
            };
      return {
        hop: { ...base, marks: { start, end }, status: null, bodyBytes: 0, fault },
        headers: {},
        body: Buffer.alloc(0),
      };
    }
    const answer = said(path, does);
    const marks = {
      start,
      resolved: at(marksAt.resolved),
      connected: at(marksAt.connected),
      ...(secure ? { secured: at(marksAt.secured) } : {}),
      firstByte: at(marksAt.firstByte),
      end,
    };
    const headers = answer.headers ?? {};
    const done: Hop = {
      ...base,
      marks,
      responseHeaders: headers,
      status: answer.status,
      bodyBytes: answer.body.length,
      fault: null,
    };
    return { hop: done, headers, body: answer.body };
  }

  function said(path: string, does: Exclude<Behaviour, string | { code: string }>): Answer {
    if (typeof does === 'object')
      return { status: does.status, headers: does.headers ?? {}, body: Buffer.from(does.body ?? '') };
    return answers.get(path) ?? { status: 404, body: Buffer.from(`not found: ${path}`) };
  }

  const self: ScriptedWire = {
    script,
    controls: () => true,
    choosesProtocol: false,
    asked,
    open(access, _connection, over): Line {
      const basePath = new URL(access.url).pathname.replace(/\/$/, '');
      const protocol = over?.protocol ?? access.protocols?.[0] ?? '1.1';
      return {
        hop: (request) => hop({ registry: access.registry, protocol }, basePath, request),
        close: () => undefined,
      };
    },
    control({ name, timeoutMs }) {
      const up = self.controls(name, time.nowMs());
      return new Promise((resolve) => {
        time.timers.after(up ? 15 : timeoutMs, () =>
          resolve({ name, answered: up, latencyMs: up ? 15 : null, code: up ? null : 'timeout', at: time.clock.now() }),
        );
      });
    },
    close: () => Promise.resolve(),
  };
  return self;
}
