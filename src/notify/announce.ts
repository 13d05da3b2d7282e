import type { Now } from '../core/ports.ts';
import type { News } from './news.ts';
import { type State, tell } from './outbox.ts';
import { dropEnded, expireHeld, releaseDue, storyKeyOf, storyRowOf, updateStory } from './stories.ts';

/** Sends an event as its story requires: to all receivers, or only to programs. */
export function announce(state: State, news: News, now: Now): void {
  const { stories } = state;
  expireHeld(stories, news, now);
  const isTold = updateStory(stories, news, now);
  tell(state, news, isTold ? 'all' : 'programs', now);
  const story = stories.get(news.subject);
  if (story !== undefined && !isTold) state.pending.put(storyRowOf(news.subject, story, now));
}

/** Sends held events that are due to the receivers for people, and drops ended stories. */
export function release(state: State, now: Now): void {
  for (const news of releaseDue(state.stories, now)) tell(state, news, 'people', now);
  for (const subject of dropEnded(state.stories, now)) state.pending.delete('meta', storyKeyOf(subject));
}
