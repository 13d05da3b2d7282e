import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  type DataFrame,
  type DataTransformerConfig,
  FieldConfigOptionsRegistry,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  FieldType,
  type GrafanaTheme2,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} from '@grafana/data';
import { transformV2 } from '@grafana/prometheus';
import { firstValueFrom } from 'rxjs';
import type { DrawnPanel } from '../sheet.ts';

standardTransformersRegistry.setInit(
  () =>
    [...new Set(Object.values(standardTransformers))].map((transformation) => ({
      id: transformation.id,
      name: transformation.name,
      transformation,
      imageDark: '',
      imageLight: '',
      editor: () => null,
    })) as never,
);

const plainProperties = [
  'unit',
  'min',
  'max',
  'decimals',
  'displayName',
  'noValue',
  'color',
  'thresholds',
  'mappings',
  'links',
  'filterable',
];

interface FieldConfigs {
  readonly defaults: { readonly custom?: Readonly<Record<string, unknown>> };
  readonly overrides: readonly { readonly properties: readonly { readonly id: string }[] }[];
}

/**
 * The settings that a field can have. Grafana has this list in its application, not in a package. So here it is made
 * from the settings of the panel.
 */
function registryFor({ defaults, overrides }: FieldConfigs): FieldConfigOptionsRegistry {
  const own = Object.keys(defaults.custom ?? {}).map((key) => `custom.${key}`);
  const overridden = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const registry = new FieldConfigOptionsRegistry();
  for (const id of new Set([...plainProperties, ...own, ...overridden])) {
    const isCustom = id.startsWith('custom.');
    const path = isCustom ? id.slice('custom.'.length) : id;
    const item = { id, path, name: id, isCustom, process: (value: unknown) => value, shouldApply: () => true };
    registry.register(item as unknown as FieldConfigPropertyItem);
  }
  return registry;
}

const named = (legend: string, metric: Readonly<Record<string, string>>) =>
  legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? '');

function plainName(metric: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...labels } = metric;
  const inside = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return inside.length === 0 ? name || 'Value' : `${name}{${inside.join(', ')}}`;
}

/** The frames as Grafana's server would send them, one for each series. */
function rawFrames({ answers, stepMs }: DrawnPanel): DataFrame[] {
  return answers.flatMap(({ refId, legend, series }) =>
    series.map(({ metric, points }) => ({
      refId,
      meta: { type: 'timeseries-multi' as never },
      length: points.length,
      fields: [
        {
          name: 'Time',
          type: FieldType.time,
          config: { interval: stepMs },
          values: points.map(([seconds]) => seconds * 1000),
        },
        {
          name: 'Value',
          type: FieldType.number,
          labels: { ...metric },
          config: { displayNameFromDS: legend ? named(legend, metric) : plainName(metric) },
          values: points.map(([, text]) => Number(text)),
        },
      ],
    })),
  );
}

/**
 * The frames of a panel as its visualization gets them. Grafana's packages convert responses to tables and heatmaps,
 * then apply the panel's transformations, then its field config with overrides.
 */
export async function framesOf(drawn: DrawnPanel, theme: GrafanaTheme2): Promise<DataFrame[]> {
  const targets = drawn.answers.map(({ refId, format, legend }) => ({ refId, format, legendFormat: legend, expr: '' }));
  const { data } = transformV2({ data: rawFrames(drawn) }, { targets } as never, {});
  const transformations = (drawn.panel.transformations ?? []) as unknown as DataTransformerConfig[];
  const fieldConfig = drawn.panel.fieldConfig ?? { defaults: {}, overrides: [] };
  const replaceVariables = (text: string) => text;
  const series = await firstValueFrom(
    transformDataFrame(transformations, data as DataFrame[], { interpolate: replaceVariables }),
  );
  const overridden = applyFieldOverrides({
    data: series,
    fieldConfig: fieldConfig as unknown as FieldConfigSource,
    fieldConfigRegistry: registryFor(fieldConfig as unknown as FieldConfigs),
    replaceVariables,
    theme,
    timeZone: 'utc',
  });
  cacheFieldDisplayNames(overridden);
  return overridden;
}
