import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { boardLinks, uid } from './links.ts';
import type { Selector } from './promql.ts';

interface Buildable<T> {
  build(): T;
}

/** A heading with what stands under it. */
export interface Section {
  /** Id of the row; 0: no heading, its panels are first. */
  readonly id: number;
  readonly title: string;
  readonly panels: readonly Buildable<Panel>[];
  /** Folded: nothing of it is asked until somebody opens it. */
  readonly collapsed?: boolean;
}

/** One board, before it is built. */
export interface BoardPlan {
  readonly board: keyof typeof uid;
  readonly title: string;
  readonly says: string;
  readonly from: string;
  readonly variables: readonly Buildable<VariableModel>[];
  readonly select: Selector;
  readonly sections: readonly Section[];
}

/** The board as Grafana imports it. */
export function built(plan: BoardPlan): Dashboard {
  const builder = new DashboardBuilder(plan.title)
    .uid(uid[plan.board])
    .description(plan.says)
    .tags(['mirrorwatch'])
    .timezone('browser')
    .time({ from: plan.from, to: 'now' })
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .variables([...plan.variables])
    .annotations([...annotations(plan.select)])
    .links([...boardLinks]);
  for (const { id, title, panels, collapsed = false } of plan.sections) {
    if (id !== 0) {
      const row = new RowBuilder(title).id(id).collapsed(collapsed);
      if (collapsed) for (const panel of panels) row.withPanel(panel);
      builder.withRow(row);
    }
    if (!collapsed) for (const panel of panels) builder.withPanel(panel);
  }
  return builder.build();
}
