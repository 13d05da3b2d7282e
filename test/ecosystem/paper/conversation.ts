import { createHash } from 'node:crypto';
import type { Target } from '../../../src/core/mirror.ts';
import type { Conversation, ProbeContext } from '../../../src/core/ports.ts';
import { below, ended, fine, get, unaskable } from '../../../src/ecosystems/talk.ts';
import type { PaperOwn } from './paper.ts';

/** One step of a paper mirror: a page says who sealed it, and the shelf vouches for the hashes of pages. */
export function* probe({ step, module, version }: Target, context: ProbeContext<PaperOwn>): Conversation {
  const { seal, tray } = context.own;
  const paths: Readonly<Record<string, string>> = {
    page: `${tray}/${module}/${version}`,
    shelf: `${tray}/${module}`,
    bundle: `${tray}/${module}/${version}.bundle`,
    door: 'door',
  };
  const path = paths[step];
  if (path === undefined) return ended(unaskable);
  const got = yield* get({ url: below(context, path), bodyBytesMax: 10_000 }, context);
  if (got.tag === 'error') return ended(got.error);
  const body = Buffer.from(got.value.body);
  if (step === 'shelf') return fine({ logged: JSON.parse(body.toString('utf8')) });
  if (step !== 'page') return fine();
  if (!body.toString('utf8').endsWith(`sealed with ${seal}`))
    return ended({ tag: 'failed', failure: { kind: 'wrong_content', expected: 'a sealed page' } });
  const got256 = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const want = context.pinned[`${module}@${version}/page`];
  if (want === undefined) return fine({ compared: { algorithm: 'sha256', digest: got256 } });
  if (want !== got256)
    return ended({ tag: 'failed', failure: { kind: 'mismatch', algorithm: 'sha256', want, got: got256 } });
  return fine({ verified: { algorithm: 'sha256', digest: got256, against: 'pinned' } });
}
