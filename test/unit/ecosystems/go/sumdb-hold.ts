import type { ProbeFailure } from '../../../../src/core/failure.ts';
import type { ProbeRequest, ProbeResponse } from '../../../../src/core/transcript.ts';
import { probe } from '../../../../src/ecosystems/go/conversation.ts';
import { contextOf, talk, targetOf } from '../talk.ts';
import { headOf, type Relay, relayAnswers } from './relay.ts';
import { createSigner, createTree } from './tree.ts';

export const base = 'https://mirror.example.com/goproxy';
export const signer = createSigner('log.example.com');
export const recordOf = (id: number) =>
  `example.com/m v0.0.${id} h1:zip${id}=\nexample.com/m v0.0.${id}/go.mod h1:mod${id}=\n`;
export const texts = Array.from({ length: 66_100 }, (_, id) =>
  // Beside the module that is looked up, so that the same tiles prove it.
  id === 1001 ? 'rsc.io/quote v1.5.2 h1:zip=\nrsc.io/quote v1.5.2/go.mod h1:mod=\n' : recordOf(id),
);
export const tree = createTree(texts);
export const relay: Relay = { base, signer, texts, tree, latestSize: 65_800, lookupSize: 65_900 };
export const at = (path: string) => `${base}/sumdb/log.example.com/${path}`;
export const lookup = { module: 'example.com/m', version: 'v0.0.1000' };
export const page = '<html></html>';

export type Twist = (ask: ProbeRequest) => ProbeResponse | undefined;

export function hold(twist: Twist = () => undefined, more: Parameters<typeof contextOf>[0] = {}, of: Relay = relay) {
  const context = contextOf({ sumdb: { name: signer.name, verifierKey: signer.verifierKey }, lookup, ...more });
  const answers = relayAnswers(of);
  const { asks, verdict } = talk(probe(targetOf('sumdb'), context), (ask) => twist(ask) ?? answers(ask));
  return { ...verdict, asks };
}

/** Answers one path in another way. */
export const at1 =
  (path: string, answer: ProbeResponse): Twist =>
  ({ url }) =>
    url === at(path) ? answer : undefined;

export const failed = (failure: ProbeFailure) => ({ tag: 'failed', failure });
export const rootOf = (size: number) => tree.root(size).toString('base64');

/** A head as it is learnt: with the note that signs it. */
export const signedHead = (size: number, of = relay) => ({
  name: 'log.example.com',
  size,
  rootBase64: of.tree.root(size).toString('base64'),
  note: headOf(of, size),
});
