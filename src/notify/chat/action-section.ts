import { renderIn } from '../../words/tell.ts';
import type { Pen, Section, SectionNotice, Tone } from '../receivers/section.ts';
import { ecosystemTextOf } from './finding-section.ts';
import { formatLocalTime } from './times.ts';

type Action = NonNullable<SectionNotice['action']>;

const tones: Readonly<Record<Action['result'], Tone>> = {
  done: 'info',
  undone: 'info',
  held: 'warn',
  failed: 'bad',
};

export function renderActionSection(notice: SectionNotice, action: Action, pen: Pen): Section {
  const { say } = pen;
  const { result, state, from, to } = action;
  // After a failed undo the state is `done` again, because the change stays in force.
  const key = result === 'failed' && state === 'done' ? 'undoFailed' : result;
  const why = whyText(notice, action, pen);
  return {
    tone: tones[result],
    title: say(`action.${key}`, { action: action.action, what: ecosystemTextOf(action), from, to }),
    rows: [
      ...(why === '' ? [] : [{ label: say('row.why'), text: why }]),
      { label: say('row.what'), text: `${action.kind} · ${action.id}` },
    ],
    code: null,
    ref: notice.ref,
  };
}

function whyText(
  { sentence }: SectionNotice,
  { result, held, nextAt, because, undoneBy }: Action,
  { say, reader }: Pen,
): string {
  if (held !== null) {
    const why = say(`actions.held.${held}`);
    return nextAt === null
      ? why
      : say('actions.heldUntil', { why, at: formatLocalTime(Date.parse(nextAt), reader.timeZone) });
  }
  if (because !== null) return renderIn(reader.language, { text: because, sentence });
  return result === 'undone' && undoneBy !== null ? say(`action.by.${undoneBy}`) : '';
}
