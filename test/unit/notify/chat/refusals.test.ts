import { expect, test } from 'vitest';
import { chatServices } from '../../../../src/notify/receivers/receivers.ts';

const later = (code: string) => ({ kind: 'refused', code, retry: 'later' });

test.each([
  ['success by number', 200, '{"code":0,"msg":"success"}', null],
  ['success by the old name', 200, '{"StatusCode":0,"StatusMessage":"success"}', null],
  ['success as a text', 200, '{"code":"0"}', null],
  ['a wrong signature', 200, '{"code":19021,"msg":"sign match fail"}', later('19021')],
  ['the same as a text', 200, '{"code":"19021"}', later('19021')],
  ['too fast', 200, '{"code":11232}', { kind: 'refused', code: '11232', retry: { afterMs: 60_000 } }],
  [
    'too fast, as a text',
    400,
    '{"code":"99991400"}',
    { kind: 'refused', code: '99991400', retry: { afterMs: 60_000 } },
  ],
  ['a word is no code', 200, '{"code":"ok"}', later('unreadable')],
  ['nor is an empty text', 200, '{"code":""}', later('unreadable')],
  ['nor a fraction', 200, '{"code":0.5}', later('unreadable')],
  ['a page', 200, '<html>', later('unreadable')],
  ['a page with a failure: its status says it', 502, '<html>', null],
  ['a status that says itself', 429, '{"code":"11232"}', null],
])('Feishu: %s', (_, status, body, want) => expect(chatServices.feishu.refusalIn(status, body)).toEqual(want));

// Rocket.Chat and Zulip post the message and say so in words of their own: without this it was posted again for a day.
test.each([
  ['Slack, Mattermost', 200, 'ok', null],
  ['Rocket.Chat', 200, '{"success":true}', null],
  ['Zulip', 200, '{"result":"success","msg":"","ok":true}', null],
  ['a refusal with the status of a success', 200, '{"ok":false,"error":"invalid_auth"}', later('unreadable')],
  ['a failure that calls itself one', 400, '{"success":false,"error":"unknown-error"}', null],
  ['a success in words alone', 500, '{"success":true}', null],
  ['text in place of a flag', 200, '{"success":"true"}', later('unreadable')],
  ['a page', 200, '<html>ok</html>', later('unreadable')],
  ['an error of Slack', 404, 'no_service', later('no_service')],
])('Slack and its imitators: %s', (_, status, body, want) =>
  expect(chatServices.slack.refusalIn(status, body)).toEqual(want),
);
