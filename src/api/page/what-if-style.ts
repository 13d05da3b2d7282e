/** What the what-if page has beside the common style. */
export const whatIfStyle = `.whatif .lead { max-width: 84ch; margin: 4px 0 14px; }
.groups { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0 0 12px; } .groups [aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
#whatif-form { padding: 14px 18px; background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--link); border-radius: 5px; }
#whatif-form p { margin: 0 0 10px; } #whatif-form p:last-child { margin: 0; font-size: 13px; }
.field label { display: block; font-size: 13px; color: var(--soft); margin-bottom: 3px; }
.field.short { display: flex; gap: 10px; align-items: baseline; } .field.short label { margin: 0; }
.field textarea { display: block; box-sizing: border-box; width: 100%; resize: vertical; overflow-wrap: anywhere; field-sizing: content; font: 15px/1.5 ui-monospace, "SFMono-Regular", "Cascadia Mono", "Noto Sans Mono", "Liberation Mono", monospace; }
.field textarea, .field select, .press button { color: var(--ink); background: var(--ground); border: 1px solid var(--soft); border-radius: 4px; padding: 6px 10px; }
.field select, .press button { font: inherit; } .press button { cursor: pointer; background: var(--card); } .press button:hover { border-color: var(--ink); }
.press { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: baseline; } .press a { margin-left: 8px; }
.field textarea:focus-visible, .field select:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
#whatif-summary { font-size: 16px; margin: 6px 0 10px; padding: 8px 14px; background: var(--track); border-radius: 4px; }
.chains { max-width: 1000px; } .chains th[scope=row] { color: var(--soft); } .chains td.n { width: 24%; white-space: normal; }
.chains b { font-weight: 600; font-size: 16px; }
.whatif h3 { font-size: 15px; font-weight: 650; margin: 18px 0 4px; }
.beside, .members, .notes { padding-left: 20px; margin: 10px 0; max-width: 90ch; } .members li { margin: 2px 0; overflow-wrap: anywhere; }
.notes { font-size: 14px; color: var(--soft); }
.try { margin: 4px 0 0; font-size: 14px; }
@media (max-width: 860px) {
  #whatif-form { padding: 12px; }
  .chains th, .chains td { padding: 7px 8px 7px 0; } .chains th[scope=row] { width: 26%; font-size: 13px; } .chains b { font-size: 15px; }
}
`;
