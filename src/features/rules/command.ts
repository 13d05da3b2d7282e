import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { optionsOf, UsageError, words } from '../../terminal/usage.ts';

const options = optionsOf('string', 'slo', 'vantages', 'runbook', 'grafana');

/** Returns an option as a number; without the option, `otherwise`. @throws UsageError if the text is no number */
function number(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError('wrong.number', { name, text });
  return Number(text);
}

/**
 * `mirrorwatch rules`: prints recording and alert rules for Prometheus, with this site's objective and number of
 * vantages.
 */
export const rulesCommand: Command = {
  name: 'rules',
  usage: 'mirrorwatch rules [--slo PERCENT] [--vantages N] [--runbook URL] [--grafana URL]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const { checkRuleParameters, defaultRuleParameters, runbookAt } = await import('./parameters.ts');
    const { renderRules } = await import('./rules.ts');
    const checked = checkRuleParameters({
      ...defaultRuleParameters,
      sloPercent: number('slo', values.slo, defaultRuleParameters.sloPercent),
      vantages: number('vantages', values.vantages, defaultRuleParameters.vantages),
      runbook: values.runbook ?? runbookAt(context.facts),
      grafana: values.grafana ?? defaultRuleParameters.grafana,
      // The environment's locale is ignored, because the rule file must not depend on the user who runs the command.
      language: context.named ?? defaultRuleParameters.language,
    });
    if (checked.tag === 'error') throw new UsageError('wrong.as', { text: checked.error.join('; ') });
    context.terminal.out(renderRules(checked.value).trimEnd());
    return 0;
  },
};
