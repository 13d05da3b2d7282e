import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { type DynamicConfigValue, FieldColorModeId, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { verdict } from './palette.ts';

/** A reference to a variable, as `${name}`, with a way to write it: `percentencode` in addresses. */
export function variable(name: string, format?: 'percentencode' | 'queryparam'): string {
  return `\${${name}${format === undefined ? '' : `:${format}`}}`;
}

/** The data source of everything: the variable, never a fixed one. */
export const source = { type: 'prometheus', uid: variable('datasource') } as const;

/** One query of a panel. */
export interface Query {
  readonly expr: string;
  /** Name of each series, `{{label}}` in it. */
  readonly legend?: string;
  /** `table`: one value of now for each series; `heatmap`: buckets over time. Default: lines over time. */
  readonly as?: 'table' | 'heatmap' | 'instant';
  /** Ask for the probes behind the buckets. */
  readonly exemplars?: boolean;
}

/** What every panel has. */
export interface Frame {
  /** Kept for ever: links and alerts point at it. Unique on its board. */
  readonly id: number;
  readonly title: string;
  /** What it shows, and what to do when it looks bad. */
  readonly says: string;
  /** Columns of 24, and rows. A phone shows one panel a line whatever the columns. */
  readonly size: readonly [number, number];
  /** Grafana's name of the unit. */
  readonly unit: string;
  /** What stands there while there is nothing to show: why that is, never just "no data". */
  readonly none: string;
  readonly queries: readonly Query[];
}

/** What the panel builders of the SDK have in common, as far as we use it. */
interface PanelBuilder extends Builder<Panel> {
  id(id: number): this;
  title(title: string): this;
  description(text: string): this;
  span(columns: number): this;
  height(rows: number): this;
  datasource(source: { type: string; uid: string }): this;
  unit(unit: string): this;
  noValue(text: string): this;
  withTarget(target: Builder<Dataquery>): this;
}

function target({ expr, legend, as, exemplars = false }: Query, index: number): DataqueryBuilder {
  const builder = new DataqueryBuilder()
    .datasource(source)
    .expr(expr)
    .refId(String.fromCharCode(65 + index));
  if (legend !== undefined) builder.legendFormat(legend);
  if (exemplars) builder.exemplar(true);
  if (as === 'table') return builder.instant().format(PromQueryFormat.Table);
  if (as === 'instant') return builder.instant();
  return as === 'heatmap' ? builder.range().format(PromQueryFormat.Heatmap) : builder.range();
}

/** Puts a panel into its frame. */
export function framed<T extends PanelBuilder>(builder: T, frame: Frame): T {
  const [columns, rows] = frame.size;
  builder.id(frame.id).title(frame.title).description(frame.says).span(columns).height(rows);
  builder.datasource(source).unit(frame.unit).noValue(frame.none);
  frame.queries.forEach((query, index) => {
    builder.withTarget(target(query, index));
  });
  return builder;
}

/** From which value on which colour; `null` is the lowest. */
export type Mark = readonly [number | null, string];

/** Steps of colour, upwards. */
export function steps(...list: readonly Mark[]): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(list.map(([value, color]) => ({ value, color })));
}

/** Steps of colour for numbers that may be missing: Grafana gives what is not there the lowest colour, which is grey here. */
export function whenKnown(...list: readonly Mark[]): dashboard.ThresholdsConfigBuilder {
  return steps([null, verdict.unknown], ...list);
}

/** One colour for good, as the property of an override. */
export function fixed(color: string): DynamicConfigValue {
  return { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: color } };
}

/** Words and colours in place of numbers: value → text, colour. */
export function words(texts: Readonly<Record<string, readonly [string, string]>>): dashboard.ValueMapping {
  const options = Object.entries(texts).map(([value, [text, color]], index) => [value, { text, color, index }]);
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) } as dashboard.ValueMapping;
}

/** A word in place of a value that is not there or not a number. */
export function noNumber(text: string, color: string): dashboard.ValueMapping {
  return {
    type: dashboard.MappingType.SpecialValue,
    options: { match: dashboard.SpecialValueMatch.NullAndNan, result: { text, color } },
  } as dashboard.ValueMapping;
}
