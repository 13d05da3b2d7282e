import type { told as english } from '../en/told.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const told: Readonly<Record<keyof typeof english, string>> = {
  'told.relay.checksums': '校验和数据库',
  'told.goproxy.entries': '以 http://、https:// 或 file:// URL 写出的代理、direct 或 off，用 , 或 | 分隔',
  'told.goproxy.none': '至少一个代理、direct 或 off',

  'told.expects.goproxy': 'GOPROXY 的一行',
  'told.expects.registry': '注册表的 URL',
  'told.expects.indexes': '索引的 URL，以空格分隔',
  'told.expects.mirrors': '镜像的 URL，以 | 分隔',
  'told.expects.bases': '基础 URL，以空格分隔',

  'told.change.kept': '原来的内容无法保存在那里（{code}）',
  'told.change.written': '无法写入（{code}）',
  'told.change.gone': '修改之后它已被删除',
  'told.change.another': '它的位置上现在是另一个文件',
  'told.change.since': '修改之后它又被改动过',
  'told.change.reached': '无法访问（{code}）',
  'told.change.came': '查看期间它出现或消失了',
  'told.change.leads': '它指向 {there}，在 {roots} 之外',
  'told.change.regular': '它不是普通文件',
  'told.change.names': '它有多个名字（硬链接），只会改到其中一个',
  'told.change.read': '无法读取（{code}）',
  'told.change.meanwhile': '查看期间它被改动过，或者不是 UTF-8',
  'told.change.dangling': '它是指向空处的链接',
  'told.change.root': '除 root 之外的用户也能写入 {folder}，因此 root 不在那里改动：请以该用户的身份运行',
  'told.change.outside': '它在 {roots} 之外',
};
