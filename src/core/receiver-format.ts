/** `events`: signed JSON for programs; `alerts`: alerts until they end, for programs; `cards`: for people. */
export const receiverFormats = {
  standard: { form: 'events', secrets: 'many' },
  alertmanager: { form: 'alerts', secrets: 'none' },
  slack: { form: 'cards', secrets: 'none' },
  discord: { form: 'cards', secrets: 'none' },
  feishu: { form: 'cards', secrets: 'one' },
  dingtalk: { form: 'cards', secrets: 'one' },
  wecom: { form: 'cards', secrets: 'none' },
} as const;

export type ReceiverFormat = keyof typeof receiverFormats;
/** The formats that people read. */
export type ChatFormat = {
  [Format in ReceiverFormat]: (typeof receiverFormats)[Format]['form'] extends 'cards' ? Format : never;
}[ReceiverFormat];

/** True for a format that people read. */
export function isChatFormat(format: ReceiverFormat): format is ChatFormat {
  return receiverFormats[format].form === 'cards';
}

/** True for a receiver that gets findings as alerts, which are repeated until they end. */
export function showsAlerts({ format }: { readonly format: ReceiverFormat }): boolean {
  return receiverFormats[format].form === 'alerts';
}
