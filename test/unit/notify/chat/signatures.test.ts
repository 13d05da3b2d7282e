import { describe, expect, it } from 'vitest';
import { dingtalk, dingtalkSign } from '../../../../src/notify/receivers/dingtalk.ts';
import { feishu, feishuSign } from '../../../../src/notify/receivers/feishu.ts';
import { chatServices } from '../../../../src/notify/receivers/receivers.ts';

// Computed by others (two Python projects; a Swift one) and again with `openssl dgst -sha256 -hmac … -binary | base64`.
describe('signatures are those of the services', () => {
  it.each([
    ['demo', '1599360473', 'l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8='],
    ['a secret of a bot', '1599360473', 'vOMFJSFxem3VEBrEDj50Z8Z3Tv3dMkVGMmc6ak1ZnhE='],
  ])('Feishu: %s at %s', (secret, seconds, want) => {
    expect(feishuSign(secret, seconds)).toBe(want);
    const post = { url: 'https://f.example.com/hook/x', body: { msg_type: 'interactive' } };
    expect(feishu.sign?.(post, secret, { wallMs: Number(seconds) * 1000 + 999, monotonicMs: 0 })).toEqual({
      url: post.url,
      body: { timestamp: seconds, sign: want, msg_type: 'interactive' },
    });
  });

  it.each([
    ['this is secret', '1577262236757', 'hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D'],
    ['this is secret', '1600000000007', 'oJrvsvKLDkHHE4AhELRCHn2bMgHzXWwQH1nQmamm%2FWg%3D'],
    ['SECe3f0b1d2c4a5968778695a4b3c2d1e0f', '1577262236757', 'ZoW%2FBEQ%2FgP6Zqycrs3SW4TeNX%2F6DpjiYdGMT43x0Y7A%3D'],
  ])('DingTalk: %s at %s, encoded in the query', (secret, ms, want) => {
    expect(encodeURIComponent(dingtalkSign(secret, ms))).toBe(want);
    const post = { url: 'https://d.example.com/robot/send?access_token=abc', body: { msgtype: 'markdown' } };
    expect(dingtalk.sign?.(post, secret, { wallMs: Number(ms), monotonicMs: 0 })).toEqual({
      url: `https://d.example.com/robot/send?access_token=abc&timestamp=${ms}&sign=${want}`,
      body: post.body,
    });
  });

  it('the others sign nothing', () => expect([chatServices.slack.sign, chatServices.wecom.sign]).toEqual([null, null]));
});
