import type { FindingView } from '../core/views.ts';
import type { ObservedFailure } from '../features/doctor/explain.ts';
import type { Context } from '../terminal/context.ts';
import { type DaemonFlags, daemonAt } from './daemon-client.ts';

const limitMs = 2_000;

interface OpenFinding {
  readonly mirrors?: readonly { readonly registry: string; readonly ecosystem: string; readonly url: string }[];
  readonly findings?: readonly Pick<FindingView, 'registry' | 'cause' | 'openedAt'>[];
}

/**
 * Lists the daemon's open findings about mirrors. If the daemon gives no usable response, the list is empty, unless
 * `--url`, `--token-file` or `--config` is given.
 * @throws Failed or UsageError if one of these options is given and the daemon gives no usable response
 */
export async function listObserved(context: Context, flags: DaemonFlags): Promise<readonly ObservedFailure[]> {
  const isNamed = Object.values(flags).some((flag) => flag !== undefined);
  const terminal = isNamed ? context.terminal : { ...context.terminal, err: () => undefined };
  try {
    const daemon = await daemonAt({ ...context, terminal }, flags, limitMs);
    const [{ mirrors = [] }, { findings = [] }] = await Promise.all(
      ['/api/v1/mirrors', '/api/v1/findings'].map(
        async (path) => ((await daemon.get(path)).json() ?? {}) as OpenFinding,
      ) as [Promise<OpenFinding>, Promise<OpenFinding>],
    );
    return findings.flatMap(({ registry, cause, openedAt }) => {
      const mirror = mirrors.find((one) => one.registry === registry);
      return mirror === undefined ? [] : [{ ...mirror, cause, since: openedAt }];
    });
  } catch (error) {
    if (isNamed) throw error;
    return [];
  }
}
