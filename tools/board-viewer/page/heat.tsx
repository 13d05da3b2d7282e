import { FieldType, formattedValueToString, getFieldDisplayName, getValueFormat } from '@grafana/data';
import { interpolateCividis } from 'd3-scale-chromatic';
import type { ReactElement } from 'react';
import type { Drawing } from './panels.tsx';

// Grafana's heatmap is in its application, not in a package. Here the data source package computes rows and counts, and
// this file draws the cells.

const left = 70;

/** Draws a heatmap with the lowest bucket at the bottom. A cell without a value is not drawn. */
export function Heat({ frames, theme, width, height, timeRange, drawn }: Drawing): ReactElement {
  const [frame] = frames;
  const [fromMs, toMs] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const times = frame?.fields.find(({ type }) => type === FieldType.time)?.values ?? [];
  const rows = (frame?.fields ?? []).filter(({ type }) => type === FieldType.number);
  const top = Math.max(1e-9, ...rows.flatMap(({ values }) => values.filter((value: number) => Number.isFinite(value))));
  const bottom = height - 20;
  const rowHeight = bottom / Math.max(1, rows.length);
  const x = (ms: number) => left + ((ms - fromMs) / (toMs - fromMs)) * (width - left - 8);
  const seconds = getValueFormat('s');
  const name = (text: string) => (Number.isFinite(Number(text)) ? formattedValueToString(seconds(Number(text))) : text);
  return (
    <svg width={width} height={height} role="img" aria-label={drawn.title}>
      {rows.map((field, row) => {
        const y = bottom - (row + 1) * rowHeight;
        return (
          <g key={field.name}>
            {row % 2 === 0 && (
              <text x={left - 6} y={y + 5} fontSize={11} textAnchor="end" fill={theme.colors.text.secondary}>
                {name(getFieldDisplayName(field, frame, frames))}
              </text>
            )}
            {times.map((ms: number, index: number) => {
              const value = field.values[index] as number;
              if (!(value > 1e-9)) return null;
              const w = Math.max(1, x(ms + drawn.stepMs) - x(ms) - 1);
              return (
                <rect
                  key={ms}
                  x={x(ms)}
                  y={y}
                  width={w}
                  height={Math.max(1, rowHeight - 1)}
                  fill={interpolateCividis((value / top) ** 0.5)}
                />
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}
