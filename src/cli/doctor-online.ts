import { probeNow } from '../daemon/probe-now.ts';
import { systemClock, systemRandom } from '../daemon/system.ts';
import type { OnlineFound } from '../features/doctor/online.ts';
import type { Subject } from '../features/doctor/online-subject.ts';
import type { Say } from '../words/say.ts';
import type { Context } from './context.ts';
import { type Loaded, loadText } from './load.ts';
import { adHoc, mirrorFor, ofNoFile, requestFor } from './probe-request.ts';
import { UsageError } from './usage.ts';

/**
 * The mirrors that a call means: those it names, by URL or by name, else all of the configuration.
 * @param word  the ecosystem that URLs are of; absent: the first
 * @throws UsageError on a name that nobody has, or a URL that is none
 */
export async function subjectsOf(
  context: Context,
  loaded: Loaded,
  named: readonly string[],
  word: string | undefined,
): Promise<readonly Subject[]> {
  const { config } = loaded;
  if (named.length === 0)
    return config.mirrors.map((mirror) => ({ config, question: requestFor(config, mirror, undefined, undefined) }));
  return Promise.all(named.map((which) => subjectOf(context, loaded, which, word)));
}

async function subjectOf(context: Context, loaded: Loaded, which: string, word: string | undefined): Promise<Subject> {
  if (!/^https?:\/\//i.test(which)) {
    const { config } = loaded;
    return { config, question: requestFor(config, mirrorFor(loaded, which), undefined, undefined) };
  }
  const own = await loadText(context, adHoc(which, undefined, word), null);
  if (own.tag === 'error') throw new UsageError('wrong.as', { text: ofNoFile(own.error.issues, context.say) });
  return {
    config: own.value.config,
    question: requestFor(own.value.config, mirrorFor(own.value, which), undefined, undefined),
  };
}

/** Asks them, one after the other. @param tell  what was found is told with it */
export async function askMirrors(
  { terminal, facts, say }: Context,
  subjects: readonly Subject[],
  tell: Say,
): Promise<OnlineFound> {
  const { examineOnline } = await import('../features/doctor/online.ts');
  return examineOnline(subjects, {
    async ask(config, question) {
      const probed = await probeNow(config, question, facts);
      return probed.tag === 'error' ? null : probed.value;
    },
    nonsense: `mirrorwatch-${systemRandom.id(systemClock.wallMs())}`,
    progress: (registry) => terminal.progress(registry === '' ? '' : say('doctor.asking', { registry })),
    say: tell,
  });
}
