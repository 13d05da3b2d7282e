import * as common from '@grafana/grafana-foundation-sdk/common';
import { type DynamicConfigValue, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as HeatmapPanelBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as StatPanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelinePanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TablePanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as LinesPanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Frame, fixed, framed, type Mark, steps } from './frame.ts';
import { verdict } from './palette.ts';

/** The kinds of panels, each set up once: legends with numbers, one colour for each name, tooltips of all lines. */
export { LinesPanelBuilder, StatPanelBuilder, TablePanelBuilder, TimelinePanelBuilder };

function legend(calcs: readonly string[]): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.Table)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([...calcs]);
}

function allLines(): common.VizTooltipOptionsBuilder {
  return new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending);
}

/** Lines over time, coloured by their names: the same mirror has the same colour on every board. */
export function lines(frame: Frame): LinesPanelBuilder {
  return framed(new LinesPanelBuilder(), frame)
    .colorScheme({ build: () => ({ mode: FieldColorModeId.PaletteClassicByName }) })
    .lineWidth(2)
    .fillOpacity(0)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .min(0)
    .legend(legend(['mean', 'max', 'lastNotNull']))
    .tooltip(allLines());
}

/** Lines with dashed marks where it starts to matter. */
export function linesWithMarks(frame: Frame, ...marks: readonly Mark[]): LinesPanelBuilder {
  return lines(frame)
    .thresholds(steps(...marks))
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
}

/** Counts over time, one on the other. */
export function bars(frame: Frame): LinesPanelBuilder {
  return lines(frame)
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(70)
    .lineWidth(0)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'))
    .legend(legend(['sum']));
}

/** Parts of a whole over time, one on the other. */
export function areas(frame: Frame): LinesPanelBuilder {
  return lines(frame)
    .fillOpacity(60)
    .lineWidth(1)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'))
    .legend(legend(['mean', 'lastNotNull']));
}

/** Series of these names have these colours, for good. */
export function colourNames<T extends { overrideByName(name: string, properties: DynamicConfigValue[]): T }>(
  panel: T,
  colours: Readonly<Record<string, string>>,
): T {
  for (const [name, color] of Object.entries(colours)) panel.overrideByName(name, [fixed(color)]);
  return panel;
}

/** Numbers of now, large enough for a phone. */
export function stat(frame: Frame): StatPanelBuilder {
  return framed(new StatPanelBuilder(), frame)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorMode(common.BigValueColorMode.Background)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Auto)
    .thresholds(steps([null, verdict.fine]));
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

/** States over time, one band for each name. */
export function timeline(frame: Frame): TimelinePanelBuilder {
  return framed(new TimelinePanelBuilder(), frame)
    .colorScheme({ build: () => ({ mode: FieldColorModeId.Thresholds }) })
    .thresholds(steps([null, verdict.unknown]))
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
  return framed(new HeatmapPanelBuilder(), frame)
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
