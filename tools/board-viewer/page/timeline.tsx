import {
  type DataFrame,
  type Field,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  getValueFormat,
} from '@grafana/data';
import { VizLegend, type VizLegendItem } from '@grafana/ui';
import type { ReactElement } from 'react';
import type { Drawing } from './panels.tsx';

// Grafana's state timeline is in its application, not in a package. This file draws bands with the texts and colours of
// the package's display processor. It also repeats a rule of the application by which mapped texts can get lost
// (`lookOf`).

interface Look {
  readonly text: string;
  readonly color: string;
}

/**
 * Text and colour of a value. With `mergeValues` and colours by threshold, Grafana replaces a value by its threshold
 * and ignores mappings.
 */
function lookOf(field: Field, isMerged: boolean, color: (name: string) => string): (value: number) => Look {
  const steps = field.config.thresholds?.steps ?? [];
  if (!isMerged || field.config.color?.mode !== 'thresholds' || steps.length === 0)
    return (value) => {
      const shown = field.display?.(value);
      return { text: shown === undefined ? '' : formattedValueToString(shown), color: shown?.color ?? '#808080' };
    };
  const format = (value: number) =>
    formattedValueToString(getValueFormat(field.config.unit ?? '')(value, field.config.decimals));
  return (value) => {
    const index = Math.max(
      0,
      steps.findLastIndex((step) => value >= (step.value ?? -Infinity)),
    );
    const from = steps[index]?.value ?? -Infinity;
    const next = steps[index + 1]?.value;
    const text =
      from === -Infinity && next !== undefined ? `< ${format(next)}` : `${from === -Infinity ? '-∞' : format(from)}+`;
    return { text, color: color(steps[index]?.color ?? 'grey') };
  };
}

interface Band extends Look {
  readonly fromMs: number;
  readonly toMs: number;
}

function bandsOf(frame: DataFrame, look: (value: number) => Look, stepMs: number): readonly Band[] {
  const times = frame.fields.find(({ type }) => type === FieldType.time)?.values ?? [];
  const values = frame.fields.find(({ type }) => type === FieldType.number)?.values ?? [];
  const bands: Band[] = [];
  times.forEach((fromMs: number, index: number) => {
    const own = look(values[index]);
    const last = bands.at(-1);
    const band = { ...own, fromMs, toMs: fromMs + stepMs };
    if (last !== undefined && last.text === own.text && last.toMs >= fromMs)
      bands[bands.length - 1] = { ...last, toMs: band.toMs };
    else bands.push(band);
  });
  return bands;
}

const foot = 22;
const nameOf = (frame: DataFrame, all: DataFrame[]) =>
  getFieldDisplayName(frame.fields.find(({ type }) => type === FieldType.number) as Field, frame, all);

/** Draws one band for each series, with texts where they fit, and a legend of the texts that occur. */
export function Timeline({ drawn, frames, theme, width, height, timeRange }: Drawing): ReactElement {
  const options = (drawn.panel as unknown as { options: { mergeValues?: boolean; rowHeight?: number } }).options;
  const [fromMs, toMs] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const left = 16 + 7 * Math.max(...frames.map((frame) => nameOf(frame, frames).length));
  const x = (ms: number) =>
    left + ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) * (width - left - 24);
  const rows = frames.map((frame) => {
    const field = frame.fields.find(({ type }) => type === FieldType.number) as Field;
    const look = lookOf(field, options.mergeValues === true, theme.visualization.getColorByName);
    return { name: nameOf(frame, frames), bands: bandsOf(frame, look, drawn.stepMs) };
  });
  const seen = new Map(rows.flatMap(({ bands }) => bands.map(({ text, color }) => [text, color])));
  const items: VizLegendItem[] = [...seen].map(([label, color]) => ({ label, color, yAxis: 1 }));
  const bottom = height - foot - 26;
  const rowHeight = bottom / rows.length;
  const gaps = Math.max(2, Math.min(6, Math.floor((width - left) / 90)));
  const ticks = Array.from({ length: gaps + 1 }, (_, index) => fromMs + ((toMs - fromMs) * index) / gaps);
  return (
    <div>
      <svg width={width} height={height - 26} role="img" aria-label={drawn.title}>
        {rows.map(({ name, bands }, index) => (
          <g key={name} transform={`translate(0 ${index * rowHeight})`}>
            <text x={left - 10} y={rowHeight / 2 + 4} textAnchor="end" fontSize={12} fill={theme.colors.text.primary}>
              {name}
            </text>
            {bands.map((band) => {
              const size = rowHeight * (options.rowHeight ?? 0.9);
              const w = x(band.toMs) - x(band.fromMs);
              return (
                <g key={band.fromMs}>
                  <rect
                    x={x(band.fromMs)}
                    y={(rowHeight - size) / 2}
                    width={w}
                    height={size}
                    fill={band.color}
                    fillOpacity={0.85}
                  />
                  {w > band.text.length * 8 + 8 && (
                    <text
                      x={x(band.fromMs) + 5}
                      y={rowHeight / 2 + 4}
                      fontSize={12}
                      fill={theme.colors.getContrastText(band.color, 3)}
                    >
                      {band.text}
                    </text>
                  )}
                </g>
              );
            })}
          </g>
        ))}
        {ticks.map((ms) => (
          <text key={ms} x={x(ms)} y={bottom + 16} fontSize={12} textAnchor="middle" fill={theme.colors.text.secondary}>
            {new Date(ms).toISOString().slice(11, toMs - fromMs < gaps * 60_000 ? 19 : 16)}
          </text>
        ))}
      </svg>
      <VizLegend displayMode={'list' as never} placement="bottom" items={items} />
    </div>
  );
}
