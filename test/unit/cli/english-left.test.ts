import { expect, test } from 'vitest';
import { englishLeft } from './english-left.ts';

test.each([
  ['镜像 goproxy 正常', []],
  ['it can be read', ['it can be read']],
  ['端口 is open 了', ['is open']],
  ['用 `mirrorwatch rank --json` 再测', []],
  ['见 https://example.com/some/page 页', []],
  ['npm config set registry https://a.example.com    # 并删掉其余几处', []],
  ['npm config set registry https://a.example.com    # and take the others out', ['and take the others out']],
  ['Docker 或 containerd', []],
])('%s', (text, left) => expect(englishLeft(text)).toEqual(left));
