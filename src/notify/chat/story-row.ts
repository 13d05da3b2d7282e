import type { Pen, Section } from './section.ts';
import { localTime, spanText } from './times.ts';
import type { Told } from './told.ts';

/**
 * A row that says that the trouble comes and goes, and how long to stay; none for a single occurrence.
 * @param isOver  its end is being sent
 * @param to  the mirror that people are advised to use; `null`: this is no advice
 */
export function storyRows({ story }: Told, isOver: boolean, to: string | null, pen: Pen): Section['rows'] {
  const { say, reader } = pen;
  if (story === null || story.times < 2) return [];
  const since = localTime(Date.parse(story.since), reader.timeZone);
  const values = { since, times: story.times, hold: spanText(say, story.endsAfterSeconds * 1000) };
  const text = isOver
    ? say('story.over', values)
    : to === null
      ? say('story.on', values)
      : say('story.stay', { ...values, to });
  return [{ label: say('row.story'), text }];
}
