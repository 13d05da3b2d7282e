import type { Config } from '../core/config.ts';
import { type Mirror, refTextOf } from '../core/mirror.ts';
import { clientIdsOf, runClientNow, unsupportedAccessOf } from '../daemon/client-now.ts';
import { saySentence } from '../words/tell.ts';
import type { Context, ExitCode } from './context.ts';
import { jsonText } from './terminal.ts';
import { UsageError } from './usage.ts';

const outcomes = { ok: 'probe.clientOk', failed: 'outcome.failed', unknown: 'probe.clientUnknown' } as const;

/** `mirrorwatch probe NAME --client WORD`: runs the real client now and prints its output. */
export async function probeClient(
  context: Context,
  config: Config,
  asked: { readonly mirror: Mirror; readonly module: string | null; readonly version: string | null },
  client: string,
  isJson: boolean,
): Promise<ExitCode> {
  const { mirror, module, version } = asked;
  const ids = clientIdsOf(mirror.ecosystem);
  if (!ids.includes(client))
    throw ids.length === 0
      ? new UsageError('wrong.noClient', { ecosystem: mirror.ecosystem })
      : new UsageError('wrong.clientOneOf', { list: ids.join(', '), ecosystem: mirror.ecosystem, client });
  if (module === null) throw new UsageError('wrong.whichModule');
  const cannot = unsupportedAccessOf(mirror, client);
  if (cannot !== null) throw new UsageError('wrong.clientCannot', { client, mirror: mirror.name, cannot });
  const facts = { ...context.facts, path: context.env['PATH'] ?? '' };
  const run = await runClientNow(config, { mirror, client, module, version }, facts, (stop) =>
    context.onSignal((signal) => {
      if (signal === 'stop') stop();
    }),
  );
  const { terminal, say } = context;
  const what = refTextOf({ module, version });
  if (isJson) terminal.out(jsonText({ registry: mirror.name, client, module, version, ...run }));
  else {
    const seconds = (run.tookMs / 1000).toFixed(2);
    const got = {
      files: say('probe.files', { count: run.files }),
      bytes: say('probe.bytesMany', { count: run.bytes }),
    };
    const said = run.reason === null ? say('probe.clientGot', got) : saySentence(run.sentence ?? run.reason, say);
    terminal.out(
      say('probe.client', { client, what, mirror: mirror.name, outcome: say(outcomes[run.outcome]), seconds, said }),
    );
    for (const line of run.words.split('\n')) if (line !== '') terminal.out(`  ${line}`);
  }
  return run.outcome === 'ok' ? 0 : 1;
}
