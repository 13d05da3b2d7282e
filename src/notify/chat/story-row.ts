import type { Pen, Section } from './section.ts';
import { localTime, spanText } from './times.ts';
import type { Told } from './told.ts';

/**
 * That it comes and goes, and until when to stay; nothing where it came once.
 * @param isOver  the end of it is told
 * @param to  where people are told to stay; `null`: it is no advice
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
