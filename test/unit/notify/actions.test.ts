import { describe, expect, it } from 'vitest';
import { chatMistakes } from '../../support/chat-schema.ts';
import { fixtureAction } from '../api/fixture-action.ts';
import { chat, formats, textsOf } from './chat/chats.ts';
import { delivered, later, receiver, Stage } from './stage.ts';

const done = { ...fixtureAction, state: 'done', because: null } as const;
const undone = { ...done, state: 'undone', undoneBy: 'regret' } as const;
const { action, advice } = done;
const { ecosystem, upstream, from, to } = advice;

describe('mirror.action', () => {
  it('has the row of the journal and what became of it, by one subject for a change and its undo', () => {
    const stage = new Stage([receiver('ops')]);
    stage.act('failed', fixtureAction);
    const [sent] = stage.send();
    const { type, data } = JSON.parse(sent?.notice.body ?? '');
    expect(type).toBe('mirror.action');
    expect(data).toMatchObject({ subject: `action/${action}/${ecosystem}/${upstream}`, seq: 1, result: 'failed' });
    expect(data.action).toMatchObject({ id: done.id, state: 'failed', output: fixtureAction.output, from, to });
    expect(data.action.because).toContain('EACCES');
    expect(Object.keys(data.action)).not.toContain('kept');
  });

  it('is stored, and sent after a kill under the same id; the undo follows the change', () => {
    const stage = new Stage([receiver('ops')]);
    stage.act('done', done);
    const first = stage.all(later);
    stage.restart();
    stage.pass(900_000);
    expect(stage.all(delivered)).toEqual(first);
    stage.act('undone', undone);
    expect(stage.all(delivered)).toEqual(['ops mirror.action 2 msg-2']);
    expect(stage.outbox()).toEqual([]);
  });

  it('passes the filters of a receiver as its advice does; an Alertmanager gets none', () => {
    const only = { mirrors: null, ecosystems: null, severity: 'critical' } as const;
    const stage = new Stage([
      receiver('from', { only: { ...only, mirrors: [from] } }),
      receiver('other', { only: { ...only, mirrors: ['z'] } }),
      receiver('pip', { only: { ...only, ecosystems: ['pypi'] } }),
      receiver('advice', { on: ['advice'] }),
      receiver('am', { format: 'alertmanager', secrets: [] }),
    ]);
    stage.act('done', done);
    expect(stage.due().map((line) => line.split(' ')[0])).toEqual(['from']);
  });

  it.each(formats.flatMap((format) => [[format, 'en'] as const, [format, 'zh'] as const]))(
    'is a card in %s, in %s',
    (format, lang) => {
      const stage = new Stage([chat('c', format, { groupMs: 0 }, { lang })]);
      const body = (...[result, row]: Parameters<Stage['act']>): string => {
        stage.act(result, row);
        stage.pass(20_000);
        const [sent] = stage.send();
        if (sent !== undefined) stage.end(sent.notice, delivered);
        expect(chatMistakes(format, sent?.message.body ?? '')).toEqual([]);
        return textsOf(sent?.message.body ?? '');
      };
      const words =
        lang === 'en'
          ? ['done', 'failed', 'undone', 'may still use', 'held']
          : ['完成', '失败', '撤销', '仍使用', '暂缓'];
      const failed = body('failed', fixtureAction);
      const held = body('held', { ...done, state: 'held', held: 'stopped' });
      const until = body('held', {
        ...done,
        state: 'held',
        held: 'hour',
        nextAtMs: Date.parse('2026-03-01T18:36:04Z'),
      });
      expect(until).toContain(lang === 'en' ? 'is reached; held until 03-02 02:36' : '上限；暂缓至 03-02 02:36');
      const texts = [
        body('done', done),
        failed,
        body('undone', undone),
        body('failed', { ...done, because: fixtureAction.because }),
        held,
      ];
      for (const [at, word] of words.entries()) expect(texts[at]).toContain(word);
      for (const text of texts) expect(text).toContain(action);
      expect(failed).toContain('EACCES');
      expect(held).toContain(lang === 'en' ? 'actions are stopped' : '动作已停止');
      expect(texts[2]).toContain(lang === 'en' ? 'the previous mirror performed better' : '原镜像的表现更好');
      expect(texts.join()).not.toContain('+++');
    },
  );
});
