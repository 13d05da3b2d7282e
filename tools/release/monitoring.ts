import { parse, stringify } from 'yaml';

interface Board {
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

/**
 * Converts a dashboard for a manual import into Grafana, which then asks for the data source. Provisioned dashboards
 * have no `__inputs`, because nothing would fill them in.
 */
export function importBoard<T extends Board>(board: T): object {
  const input = {
    name: 'DS_PROMETHEUS',
    label: 'Prometheus',
    type: 'datasource',
    pluginId: 'prometheus',
    pluginName: 'Prometheus',
  };
  const list = board.templating.list.map((variable) =>
    variable.type === 'datasource'
      ? { ...variable, current: { selected: true, text: input.label, value: `\${${input.name}}` } }
      : variable,
  );
  return {
    __inputs: [{ ...input, description: 'The Prometheus that scrapes mirrorwatch.' }],
    ...board,
    templating: { ...board.templating, list },
  };
}

/** Converts a file of rules to a PrometheusRule of the Prometheus operator. */
export function prometheusRule(rules: string): string {
  const metadata = { name: 'mirrorwatch', labels: { 'app.kubernetes.io/name': 'mirrorwatch' } };
  const { groups } = parse(rules) as { readonly groups: unknown };
  return stringify(
    { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata, spec: { groups } },
    { lineWidth: 0 },
  );
}
