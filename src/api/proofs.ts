import { createHmac, randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import {
  bodyHashOf,
  isSameProof,
  nonceHeader,
  proofHeader,
  proofScheme,
  requestProofOf,
  responseProofOf,
} from '../core/proof.ts';
import type { Secret } from '../core/secret.ts';
import { sendProblem } from './problem.ts';

const nonceMs = 30_000;
const credentials = new RegExp(`^${proofScheme} ([\\w.-]{1,100}) ([\\w-]{1,100}) ([\\w-]{43}) ([\\w-]{43})$`, 'i');

export interface Proofs {
  /** Adds a nonce to a response. It is valid for one request, for `nonceMs` milliseconds. */
  offer(response: Response): void;
  /**
   * True if the request proves that its sender knows the token. The response then proves the same of this daemon, and
   * `bodyIsProven` must check the body.
   */
  accept(request: Request, response: Response, token: Secret): boolean;
}

/**
 * Creates the check of requests that prove the token instead of sending it (docs/decisions/0188).
 * @param nowMs  the monotonic clock
 */
export function createProofs(nowMs: () => number): Proofs {
  const key = randomBytes(32);
  const used = new Map<string, number>();
  let count = 0;
  const sealOf = (stamp: string): string => createHmac('sha256', key).update(stamp).digest('base64url');
  const isFresh = (nonce: string): boolean => {
    const [ms = '', serial = '', seal = ''] = nonce.split('.');
    const isOurs = isSameProof(seal, sealOf(`${ms}.${serial}`));
    return isOurs && nowMs() - Number(ms) <= nonceMs && !used.has(nonce);
  };
  const spend = (nonce: string): void => {
    for (const [one, atMs] of used) {
      if (nowMs() - atMs <= nonceMs) break;
      used.delete(one);
    }
    used.set(nonce, nowMs());
  };
  return {
    offer(response) {
      count += 1;
      const stamp = `${Math.floor(nowMs())}.${count}`;
      response.setHeader(nonceHeader, `${stamp}.${sealOf(stamp)}`);
    },
    accept(request, response, token) {
      const found = credentials.exec(request.headers.authorization ?? '');
      const [, nonce = '', clientNonce = '', bodyHash = '', given = ''] = found ?? [];
      const { method, originalUrl: path } = request;
      const proof = requestProofOf(token, { nonce, clientNonce, method, path, bodyHash });
      if (found === null || !isSameProof(given, proof) || !isFresh(nonce)) return false;
      spend(nonce);
      response.locals['bodyHash'] = bodyHash;
      proveResponse(response, token, proof);
      return true;
    },
  };
}

/** Refuses a request whose proof is for another body. The body's bytes are in `response.locals.body`. */
export const bodyIsProven: RequestHandler = (_request, response, next) => {
  const { bodyHash, body = '' } = response.locals as { bodyHash?: string; body?: Uint8Array | string };
  if (bodyHash === undefined || bodyHash === bodyHashOf(body)) return next();
  sendProblem(response, { kind: 'unauthorized' });
};

/** Adds the proof to the response: over the body if the response is sent whole, else over its head alone. */
function proveResponse(response: Response, token: Secret, requestProof: string): void {
  const { end, writeHead } = response;
  const prove = (body: unknown): void => {
    const own = typeof body === 'string' || body instanceof Uint8Array ? body : body === null ? null : '';
    const proven = { status: response.statusCode, headers: response.getHeaders(), body: own };
    response.setHeader(proofHeader, responseProofOf(token, requestProof, proven));
  };
  response.writeHead = (...given: unknown[]) => {
    if (!response.hasHeader(proofHeader)) prove(null);
    return Reflect.apply(writeHead, response, given);
  };
  response.end = (...given: unknown[]) => {
    if (!response.headersSent) prove(given[0] ?? '');
    return Reflect.apply(end, response, given);
  };
}
