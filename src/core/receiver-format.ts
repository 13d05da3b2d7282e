/** What a receiver gets (`form`). `events`: signed JSON; `alerts`: Alertmanager alerts; `cards`: chat messages. */
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
export type ChatFormat = {
  [Format in ReceiverFormat]: (typeof receiverFormats)[Format]['form'] extends 'cards' ? Format : never;
}[ReceiverFormat];

export function isChatFormat(format: ReceiverFormat): format is ChatFormat {
  return receiverFormats[format].form === 'cards';
}

/** True for a receiver that gets findings as alerts for an Alertmanager. */
export function showsAlerts({ format }: { readonly format: ReceiverFormat }): boolean {
  return receiverFormats[format].form === 'alerts';
}
