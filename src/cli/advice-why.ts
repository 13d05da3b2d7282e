import type { Candidate } from '../core/advice.ts';
import type { Upstream } from '../core/mirror.ts';
import { printable } from '../core/printable.ts';
import type { Message } from '../core/result.ts';
import { systemClock } from '../daemon/machine.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { durationText, jsonText, table } from '../terminal/terminal.ts';
import { Failed, timeOf, UsageError } from '../terminal/usage.ts';
import { renderIn } from '../words/tell.ts';
import { sayNamed } from '../words/words.ts';
import { type DaemonFlags, daemonAt } from './daemon-client.ts';

interface Record extends Upstream {
  readonly at: string;
  readonly head: string | null;
  readonly mirrors: readonly (Pick<Candidate, 'registry' | 'scoreSeconds' | 'sum' | 'bound'> & {
    readonly gate: string;
    readonly blocker: (Partial<Message> & { readonly kind: string }) | null;
  })[];
}

/** `mirrorwatch advice --why`: the record of what is decided about each upstream, and what blocks each mirror. */
export async function explainAdvice(
  context: Context,
  values: DaemonFlags &
    Readonly<{ json?: boolean | undefined; upstream?: string | undefined; at?: string | undefined }>,
  [ecosystem, more]: readonly string[],
): Promise<ExitCode> {
  const { terminal, say, language } = context;
  if (more !== undefined) throw new UsageError('wrong.adviceVerb', { word: more });
  const daemon = await daemonAt(context, values);
  const atMs = timeOf('at', values.at, systemClock.wallMs());
  const query = atMs === null ? '' : `?at=${new Date(atMs).toISOString()}`;
  const body = (await daemon.get(`/api/v1/verdicts${query}`)).json() as { readonly verdicts?: unknown } | undefined;
  if (!Array.isArray(body?.verdicts)) throw new Failed(say('advised.foreign', { url: daemon.url }), 1);
  const { upstream } = values;
  const records = (body.verdicts as readonly Record[]).filter(
    (one) => (ecosystem ?? one.ecosystem) === one.ecosystem && (upstream ?? one.upstream) === one.upstream,
  );
  if (values.json) {
    terminal.out(jsonText(records));
    return 0;
  }
  for (const { ecosystem, upstream, at, head, mirrors } of records) {
    const name = printable(`${ecosystem}/${upstream}`);
    terminal.out(terminal.paint('bold', values.at === undefined ? name : `${name}, ${printable(at)}`));
    const heads = [say('table.mirror'), say('why.fetch'), say('why.evidence'), say('why.gate'), say('why.blocker')];
    const rows = mirrors.map(({ registry, scoreSeconds, gate, sum, bound, blocker }) => [
      registry,
      durationText(scoreSeconds === null ? null : 1000 * scoreSeconds),
      sum === null || bound === null ? '–' : `${sum.toFixed(1)} / ${bound.toFixed(1)}`,
      registry === head ? say('why.head') : (sayNamed(say, `gate.${gate}`) ?? gate),
      blocker === null
        ? ''
        : renderIn(language, { text: blocker.text ?? blocker.kind, sentence: blocker.sentence ?? null }),
    ]);
    for (const line of table(heads, rows, new Set([1, 2]))) terminal.out(printable(line));
  }
  return 0;
}
