import type { Config } from '../core/config.ts';
import type { Mirror } from '../core/mirror.ts';
import { counted } from '../core/units.ts';
import { clientCannot, clientIds, clientNow } from '../daemon/client-now.ts';
import type { Context, ExitCode } from './context.ts';
import { UsageError } from './usage.ts';

/** `mirrorwatch probe NAME --client WORD`: the real client, now, in its own words. */
export async function probeClient(
  context: Context,
  config: Config,
  asked: { readonly mirror: Mirror; readonly module: string | null; readonly version: string | null },
  client: string,
  isJson: boolean,
): Promise<ExitCode> {
  const { mirror, module, version } = asked;
  const ids = clientIds(mirror.ecosystem);
  if (!ids.includes(client))
    throw ids.length === 0
      ? new UsageError('wrong.noClient', { ecosystem: mirror.ecosystem })
      : new UsageError('wrong.clientOneOf', { list: ids.join(', '), ecosystem: mirror.ecosystem, client });
  if (module === null) throw new UsageError('wrong.whichModule');
  const cannot = clientCannot(mirror, client);
  if (cannot !== null) throw new UsageError('wrong.clientCannot', { client, mirror: mirror.name, cannot });
  const facts = { ...context.facts, path: context.env['PATH'] ?? '' };
  const run = await clientNow(config, { mirror, client, module, version }, facts, (stop) =>
    context.onSignal((signal) => {
      if (signal === 'stop') stop();
    }),
  );
  const { terminal } = context;
  const what = version === null ? module : `${module}@${version}`;
  if (isJson) terminal.out(JSON.stringify({ registry: mirror.name, client, module, version, ...run }, null, 2));
  else {
    const seconds = (run.tookMs / 1000).toFixed(2);
    const said = run.reason === null ? `${counted(run.files, 'file')}, ${counted(run.bytes, 'byte')}` : run.reason;
    terminal.out(`${client} ${what} from ${mirror.name}: ${run.outcome} in ${seconds} s (${said})`);
    for (const line of run.words.split('\n')) if (line !== '') terminal.out(`  ${line}`);
  }
  return run.outcome === 'ok' ? 0 : 1;
}
