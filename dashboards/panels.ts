import * as common from '@grafana/grafana-foundation-sdk/common';
import { type DynamicConfigValue, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as HeatmapPanelBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as StatPanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelinePanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TablePanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as LinesPanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Frame, fixed, framed, type Mark, steps, whenKnown } from './frame.ts';
import { mirrorColours, verdict } from './palette.ts';
import { slotted } from './promql.ts';

/** The kinds of panels, each set up once: legends with numbers, one colour for each name, tooltips of all lines. */
export { LinesPanelBuilder, StatPanelBuilder, TablePanelBuilder, TimelinePanelBuilder };

/** A list, not a table: Grafana gives a legend a third of a panel, and a table of three lines does not fit into it. */
function legend(calcs: readonly string[]): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([...calcs]);
}

function allLines(): common.VizTooltipOptionsBuilder {
  return new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending);
}

/** Lines over time. */
export function lines(frame: Frame): LinesPanelBuilder {
  return framed(new LinesPanelBuilder(), frame)
    .colorScheme({ build: () => ({ mode: FieldColorModeId.PaletteClassic }) })
    .lineWidth(2)
    .fillOpacity(0)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .min(0)
    .legend(legend(['max', 'lastNotNull']))
    .tooltip(allLines());
}

/**
 * A panel with lines that name a mirror (`{{registry}}`): the same mirror has the same colour on every panel. The name of
 * such a line begins with the number of its colour.
 */
export function ofMirrors(build: (frame: Frame) => LinesPanelBuilder, frame: Frame): LinesPanelBuilder {
  const queries = frame.queries.map((query) =>
    query.legend?.includes('{{registry}}') === true
      ? { ...query, expr: slotted(query.expr), legend: `{{slot}} ${query.legend}` }
      : query,
  );
  const panel = build({ ...frame, queries });
  mirrorColours.forEach((color, index) => {
    panel.overrideByRegexp(`/^${index + 1} /`, [fixed(color)]);
  });
  return panel;
}

/** The properties of a dashed line: what the solid line of the same colour is compared with. */
export const dashed: readonly DynamicConfigValue[] = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [6, 6] } },
  { id: 'custom.lineWidth', value: 1 },
];

/** Lines with dashed marks where it starts to matter. */
export function linesWithMarks(frame: Frame, ...marks: readonly Mark[]): LinesPanelBuilder {
  return lines(frame)
    .thresholds(steps(...marks))
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
}

/**
 * Counts over time, one on the other. Their queries count over `$__interval`, which is how far apart the bars stand: so
 * no event is in two bars, and the total of the legend is the number of events. Five minutes at least, or a window holds
 * too few scrapes.
 */
export function bars(frame: Frame): LinesPanelBuilder {
  return lines(frame)
    .interval('5m')
    .decimals(0)
    .axisSoftMax(4)
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(90)
    .lineWidth(0)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'))
    .legend(legend(['sum']));
}

/**
 * Shares over time, as steps: each covers the time that its query looks back at, which is `$__interval`, so that an outage
 * begins and ends where it did. Five minutes at least, or one failed probe is a dip to half.
 */
export function shares(frame: Frame): LinesPanelBuilder {
  return lines(frame).interval('5m').lineInterpolation(common.LineInterpolation.StepBefore);
}

/** Parts of a whole over time, one on the other. */
export function areas(frame: Frame): LinesPanelBuilder {
  return lines(frame)
    .fillOpacity(60)
    .lineWidth(1)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'))
    .legend(legend(['lastNotNull']));
}

/** Series of these names have these colours. */
export function colourNames(panel: LinesPanelBuilder, colours: Readonly<Record<string, string>>): LinesPanelBuilder {
  for (const [color, names] of Map.groupBy(Object.keys(colours), (name) => colours[name] ?? ''))
    panel.overrideByRegexp(`/^(${names.join('|')})$/`, [fixed(color)]);
  return panel;
}

/** Numbers of now, large enough for a phone; grey where there is none, whatever a panel's own steps are. */
export function stat(frame: Frame): StatPanelBuilder {
  return framed(new StatPanelBuilder(), frame)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorMode(common.BigValueColorMode.BackgroundSolid)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Auto)
    .thresholds(whenKnown([0, verdict.fine]));
}

/** A table of now. */
export function table(frame: Frame): TablePanelBuilder {
  return framed(new TablePanelBuilder(), frame)
    .cellHeight(common.TableCellHeight.Sm)
    .showHeader(true)
    .thresholds(steps([null, 'text']));
}

/** The properties of a cell that carries its colour as ground. */
export const colouredCell: DynamicConfigValue = {
  id: 'custom.cellOptions',
  value: { type: common.TableCellDisplayMode.ColorBackground, mode: common.TableCellBackgroundDisplayMode.Basic },
};

/** Properties of a cell whose text carries its colour, by these steps; text as ever below the first. */
export function colouredText(...marks: readonly Mark[]): readonly DynamicConfigValue[] {
  return [
    { id: 'thresholds', value: steps(...marks).build() },
    { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorText } },
  ];
}

/**
 * States over time, one band for each name. The colour is fixed, for what no mapping names: with colours by threshold
 * Grafana merges values by their threshold and never asks the mappings.
 */
export function timeline(frame: Frame): TimelinePanelBuilder {
  return framed(new TimelinePanelBuilder(), frame)
    .colorScheme({ build: () => ({ mode: FieldColorModeId.Fixed, fixedColor: verdict.unknown }) })
    .mergeValues(true)
    .showValue(common.VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(85)
    .lineWidth(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    );
}

/** The buckets of a histogram over time, as they are: nothing is computed from samples here. */
export function heat(frame: Frame): HeatmapPanelBuilder {
  // As bars: each column counts its own time.
  return framed(new HeatmapPanelBuilder(), frame)
    .interval('5m')
    .calculate(false)
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Cividis')
        .scale(heatmap.HeatmapColorScale.Exponential)
        .exponent(0.5)
        .steps(32),
    )
    .cellGap(1)
    .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9))
    .yAxis(new heatmap.YAxisConfigBuilder().unit(frame.unit).axisPlacement(common.AxisPlacement.Left))
    .rowsFrame(new heatmap.RowsHeatmapOptionsBuilder().layout(common.HeatmapCellLayout.Le))
    .tooltip(
      new heatmap.HeatmapTooltipBuilder().mode(common.TooltipDisplayMode.Single).yHistogram(true).showColorScale(true),
    )
    .exemplarsColor(verdict.bad)
    .showLegend();
}
