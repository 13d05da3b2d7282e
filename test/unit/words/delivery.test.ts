import { expect, test } from 'vitest';
import { slack } from '../../../src/notify/receivers/slack.ts';
import { explainDelivery } from '../../../src/words/delivery.ts';
import { wordsOf } from '../../../src/words/words.ts';

test.each(['constructor', 'no_service', 'unheard_of'])(
  'a receiver that refuses with the word %s is explained',
  (word) => {
    const failure = slack.refusalIn(200, word);
    if (failure === null) throw new Error('not refused');
    for (const language of ['en', 'zh'] as const) expect(explainDelivery(failure, wordsOf(language))).toContain(word);
  },
);
