import {
  type DataFrame,
  type FieldConfigSource,
  FieldType,
  type GrafanaTheme2,
  getDisplayValueAlignmentFactors,
  getFieldDisplayName,
  getFieldDisplayValues,
  type TimeRange,
} from '@grafana/data';
import { VizOrientation } from '@grafana/schema';
import { BigValue, preparePlotFrame, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import type { ReactElement } from 'react';
import type { DrawnPanel } from '../sheet.ts';
import { Heat } from './heat.tsx';
import { Timeline } from './timeline.tsx';

/** The input of a visualization. */
export interface Drawing {
  readonly drawn: DrawnPanel;
  readonly frames: DataFrame[];
  readonly theme: GrafanaTheme2;
  readonly width: number;
  readonly height: number;
  readonly timeRange: TimeRange;
}

// biome-ignore lint/suspicious/noExplicitAny: a panel's options are what its board says
type Options = Record<string, any>;
const optionsOf = (drawn: DrawnPanel) => (drawn.panel as unknown as { options?: Options }).options ?? ({} as Options);
const configOf = (drawn: DrawnPanel) => drawn.panel.fieldConfig as unknown as FieldConfigSource;

/** The panel's own text, which Grafana shows in place of a graph or table without data. */
function Nothing({ drawn, width, height }: Drawing): ReactElement {
  return (
    <div
      style={{ width, height, display: 'flex', alignItems: 'center', justifyContent: 'center', textAlign: 'center' }}
    >
      {drawn.panel.fieldConfig?.defaults.noValue ?? 'No data'}
    </div>
  );
}

function Stat({ drawn, frames, theme, width, height }: Drawing): ReactElement {
  const options = optionsOf(drawn);
  const getValues = () =>
    getFieldDisplayValues({
      fieldConfig: configOf(drawn),
      reduceOptions: options['reduceOptions'],
      replaceVariables: (text: string) => text,
      theme,
      data: frames,
      timeZone: 'utc',
    });
  return (
    <VizRepeater
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width: w, height: h, count, alignmentFactors }) => (
        <BigValue
          value={value.display}
          count={count}
          width={w}
          height={h}
          theme={theme}
          alignmentFactors={alignmentFactors}
          colorMode={options['colorMode']}
          graphMode={options['graphMode']}
          justifyMode={options['justifyMode'] ?? ('auto' as never)}
          textMode={options['textMode']}
          text={options['text']}
        />
      )}
      source={frames}
      itemSpacing={3}
      width={width}
      height={height}
      renderCounter={1}
      orientation={(options['orientation'] as VizOrientation | undefined) ?? VizOrientation.Auto}
    />
  );
}

function Table(drawing: Drawing): ReactElement {
  const { drawn, frames, width, height, timeRange } = drawing;
  const [frame] = frames;
  if (frame === undefined || frame.length === 0 || frame.fields.length === 0) return Nothing(drawing);
  const options = optionsOf(drawn);
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      cellHeight={options['cellHeight']}
      initialSortBy={options['sortBy']}
      frozenColumns={(options['frozenColumns'] as { left?: number } | undefined)?.left ?? 0}
      timeRange={timeRange}
      fieldConfig={configOf(drawn)}
      enableVirtualization={false}
    />
  );
}

/** Joins the frames and restores the names of lines. The package drops these names, and with them the colours. */
const joined: typeof preparePlotFrame = (frames, fields, range) => {
  const aligned = preparePlotFrame(frames, fields, range);
  for (const field of aligned?.fields ?? []) {
    const origin = field.state?.origin;
    const frame = origin === undefined ? undefined : frames[origin.frameIndex];
    const own = frame?.fields[origin?.fieldIndex ?? 0];
    if (own !== undefined) field.state = { ...field.state, displayName: getFieldDisplayName(own, frame, frames) };
  }
  return aligned;
};

function Lines(drawing: Drawing): ReactElement {
  const { drawn, frames, width, height, timeRange } = drawing;
  const graphable = frames.filter(({ fields }) => fields.some(({ type }) => type === FieldType.number));
  if (graphable.length === 0) return Nothing(drawing);
  const legend = optionsOf(drawn)['legend'];
  return (
    <TimeSeries
      frames={graphable}
      width={width}
      height={height}
      timeRange={timeRange}
      timeZone="utc"
      legend={legend}
      options={optionsOf(drawn)}
      preparePlotFrame={(all, fields) => joined(all, fields, timeRange)}
    />
  );
}

/** Draws a panel by the type of its visualization. */
export function Visualization(drawing: Drawing): ReactElement {
  const { frames, drawn } = drawing;
  switch (drawn.panel.type) {
    case 'stat':
      return <Stat {...drawing} />;
    case 'table':
      return <Table {...drawing} />;
    case 'timeseries':
      return <Lines {...drawing} />;
    case 'state-timeline':
      return frames.length === 0 ? <Nothing {...drawing} /> : <Timeline {...drawing} />;
    case 'heatmap':
      return frames.length === 0 ? <Nothing {...drawing} /> : <Heat {...drawing} />;
    default:
      return <div>no drawing for {drawn.panel.type}</div>;
  }
}
