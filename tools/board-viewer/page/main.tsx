import 'uplot/dist/uPlot.min.css';
import 'react-data-grid/lib/styles.css';
import { createTheme, type DataFrame, dateTime, type GrafanaTheme2, ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome } from '@grafana/ui';
import { Component, type ReactElement, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { DrawnPanel, Sheet } from '../sheet.ts';
import { framesOf } from './frames.ts';
import { Visualization } from './panels.tsx';

// Grafana's grid: 24 columns, rows of 30 px, and gaps of 8 px.
const rowPx = 30;
const gapPx = 8;

class Fence extends Component<{ readonly children: ReactNode }, { readonly failed: string | null }> {
  override state = { failed: null };
  static getDerivedStateFromError(error: Error) {
    return { failed: `could not be drawn: ${error.message}` };
  }
  override render() {
    return this.state.failed ?? this.props.children;
  }
}

function Panel({
  drawn,
  frames,
  sheet,
  theme,
}: {
  drawn: DrawnPanel;
  frames: DataFrame[];
  sheet: Sheet;
  theme: GrafanaTheme2;
}): ReactElement {
  const { x, y, w, h } = drawn.at;
  const column = (sheet.width - 2 * gapPx + gapPx) / 24;
  const place = {
    position: 'absolute' as const,
    left: gapPx + x * column,
    top: y * (rowPx + gapPx),
    width: w * column - gapPx,
    height: h * rowPx + (h - 1) * gapPx,
  };
  const timeRange = { from: dateTime(sheet.fromMs), to: dateTime(sheet.toMs), raw: { from: '', to: '' } };
  if (drawn.panel.type === 'row')
    return (
      <div style={{ ...place, padding: '4px 8px', fontWeight: 500 }}>
        {(drawn.panel as { collapsed?: boolean }).collapsed ? '› ' : '⌄ '}
        {drawn.title}
      </div>
    );
  return (
    <div style={place}>
      <PanelChrome title={drawn.title} width={place.width} height={place.height} padding="md">
        {(width, height) => (
          <Fence>
            <Visualization
              drawn={drawn}
              frames={frames}
              theme={theme}
              width={width}
              height={height}
              timeRange={timeRange}
            />
          </Fence>
        )}
      </PanelChrome>
    </div>
  );
}

async function draw(sheet: Sheet): Promise<void> {
  const theme = createTheme({ colors: { mode: sheet.theme } });
  const panels = await Promise.all(
    sheet.panels.map(async (drawn) => ({ drawn, frames: await framesOf(drawn, theme) })),
  );
  const rows = Math.max(...sheet.panels.map(({ at }) => at.y + at.h));
  document.body.style.background = theme.colors.background.canvas;
  const root = document.createElement('div');
  document.body.append(root);
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div
        id="board"
        style={{ width: sheet.width, color: theme.colors.text.primary, fontFamily: theme.typography.fontFamily }}
      >
        <div
          style={{
            padding: '10px 12px',
            display: 'flex',
            gap: 18,
            flexWrap: 'wrap',
            alignItems: 'baseline',
            fontSize: 13,
          }}
        >
          <b style={{ fontSize: 17 }}>{sheet.title}</b>
          {sheet.variables.map(([label, value]) => (
            <span key={label}>
              <span style={{ color: theme.colors.text.secondary }}>{label}</span> {value}
            </span>
          ))}
          <span style={{ color: theme.colors.text.secondary }}>{sheet.note}</span>
        </div>
        <div style={{ position: 'relative', height: rows * (rowPx + gapPx) }}>
          {panels.map(({ drawn, frames }) => (
            <Panel key={`${drawn.panel.id} ${drawn.title}`} drawn={drawn} frames={frames} sheet={sheet} theme={theme} />
          ))}
        </div>
      </div>
    </ThemeContext.Provider>,
  );
}

declare global {
  interface Window {
    draw: typeof draw;
  }
}
window.draw = draw;
