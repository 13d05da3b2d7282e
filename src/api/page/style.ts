/** The common style sheet. Colours after Okabe and Ito; every colour is accompanied by a word or a shape. */
export const style = `:root {
  color-scheme: light dark;
  --ground: #faf9f6; --card: #ffffff; --ink: #1b1f23; --soft: #5a636c; --line: #dedbd3; --track: #efede7;
  --link: #0b5a8f; --up: #00775a; --degraded: #8f6200; --down: #b5410a; --unknown: #666e76;
  --up-tint: #e8f4f0; --degraded-tint: #fbf1dc; --down-tint: #fbe9e0; --us-tint: #eceef6; --us: #414c85;
  --resolve: #74b9e0; --connect: #0b6fae; --tls: #c06c9d; --processing: #e09a00; --transfer: #159b78;
  --hatch: #a4a9ae; --hatch-ground: #eceae5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181b; --card: #1c2024; --ink: #e4e6e8; --soft: #9aa3ab; --line: #32383e; --track: #272c31;
    --link: #7fc1ee; --up: #43c39e; --degraded: #ecb244; --down: #f58b55; --unknown: #a0a8af;
    --up-tint: #16302a; --degraded-tint: #352b17; --down-tint: #3a2318; --us-tint: #23283d; --us: #a9b4ee;
    --resolve: #8fd0f2; --connect: #3f97d2; --tls: #d98fba; --processing: #edb03a; --transfer: #35b793;
    --hatch: #6a727a; --hatch-ground: #23282c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-block: 24px; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 ui-sans-serif, system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
code, pre { font: 0.92em/1.5 ui-monospace, "SFMono-Regular", "Cascadia Mono", "Noto Sans Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
main :is(p, li, h2, h3, dd, summary, bdi) { overflow-wrap: anywhere; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible, button:focus-visible, pre:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
main:focus { outline: none; }
.hidden, .skip:not(:focus) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip:focus { position: absolute; z-index: 1; top: 8px; left: 16px; padding: 8px 12px; background: var(--card); }
thead.hidden { display: none; }
.muted { color: var(--soft); }
.unverified { color: var(--degraded); }
small { display: block; font-size: 12.5px; line-height: 1.35; }
body { padding: 0 24px; }
.top, main, .bottom { max-width: 1200px; margin: 0 auto; }
.top { display: flex; align-items: baseline; gap: 18px; padding-top: 16px; padding-bottom: 10px; border-bottom: 1px solid var(--line); }
.mark { font-weight: 650; font-size: 17px; letter-spacing: -0.01em; color: var(--ink); text-decoration: none; display: inline-flex; gap: 7px; align-items: baseline; } .mark svg { align-self: center; }
.mark path { fill: none; stroke: var(--up); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.vantage { color: var(--soft); }
.vantage b { color: var(--ink); font-weight: 600; }
.languages { margin-left: auto; color: var(--soft); font-size: 13px; white-space: nowrap; }
.live { white-space: nowrap; color: var(--soft); font-size: 13px; }
.live.live::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 6px; border-radius: 50%; background: var(--up); }
.live.held::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 6px; border-radius: 50%; border: 1px solid var(--up); }
.live.reconnecting::before { content: ""; display: inline-block; width: 6px; height: 6px; margin-right: 6px; border: 1px solid var(--soft); }
.bottom { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 36px; padding-top: 12px; padding-bottom: 28px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
.as-of { margin: 20px 0 0; color: var(--soft); font-size: 13px; }
.defs { position: absolute; }
h1 { font-size: 22px; line-height: 1.25; letter-spacing: -0.015em; margin: 10px 0 6px; overflow-wrap: anywhere; }
h1 .of { font-weight: 400; color: var(--soft); }
h1 .state { font-size: 15px; margin-left: 8px; letter-spacing: 0; }
h2 { font-size: 15px; line-height: 1.3; font-weight: 650; margin: 26px 0 8px; }
h2 .count { font-weight: 400; color: var(--soft); margin-left: 4px; }
h3 { font-size: 17px; line-height: 1.3; margin: 0; font-weight: 500; letter-spacing: -0.005em; }
.crumbs { margin-top: 14px; font-size: 13px; display: flex; gap: 14px; }
.none, .legend, .pages { color: var(--soft); margin: 6px 0; font-size: 13.5px; }
.legend { max-width: 84ch; }
.banner { margin: 14px 0 0; padding: 10px 14px; border-radius: 5px; border: 1px solid var(--us); border-left-width: 5px; background: var(--us-tint); }
.banner.us > b:first-child { color: var(--us); }
.banner.quiet { border-color: var(--line); border-left-color: var(--unknown); background: var(--track); }
.control { display: inline-block; margin-right: 10px; color: var(--soft); font-size: 13px; }
.advice { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--degraded); border-radius: 5px; padding: 14px 18px; margin: 0 0 10px; }
.advice p { margin: 6px 0; }
.advice.accepted { border-left-color: var(--link); }
.advice.right { border-left-color: var(--up); padding-top: 8px; padding-bottom: 8px; }
.advice.refused, .advice.none-yet { border-left-color: var(--unknown); background: repeating-linear-gradient(45deg, var(--card) 0 6px, var(--track) 6px 7px); }
.advice.none-yet { padding-top: 8px; padding-bottom: 8px; }
.advice .reason { max-width: 90ch; }
.line { display: flex; gap: 8px; align-items: stretch; margin: 10px 0; }
.line pre { flex: 1; margin: 0; padding: 10px 12px; background: var(--track); border: 1px solid var(--line); border-radius: 4px; font-size: 15px; white-space: pre-wrap; user-select: all; min-width: 0; }
.copy { font: inherit; font-size: 13px; min-width: 74px; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 4px; cursor: pointer; }
.copy:hover { border-color: var(--soft); }
.back, .accept { font-size: 14px; color: var(--soft); }
.back code, .accept code { color: var(--ink); }
.back code { display: inline-block; max-width: 100%; vertical-align: top; white-space: pre-wrap; }
.hands { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: baseline; margin: 10px 0 2px; }
.hands[hidden], .token[hidden] { display: none; }
.hand { margin: 0; font-size: 14px; } .hand form { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: baseline; }
.hand[open] form { margin-top: 6px; }
.hand label { color: var(--soft); }
.hand input { font: inherit; max-width: 100%; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: 3px 7px; }
.hand button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--soft); border-radius: 4px; padding: 3px 12px; cursor: pointer; }
.hand button:hover { border-color: var(--ink); } .hand button:disabled { color: var(--soft); cursor: default; }
.hand output { color: var(--soft); }
.hand input:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
details { font-size: 14px; margin-top: 8px; }
summary { cursor: pointer; color: var(--soft); }
details ul { margin: 6px 0; padding-left: 20px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 12px 0; }
.facts div { min-width: 0; }
.facts dt { font-size: 12.5px; color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.sides { margin: .25rem 0 0; padding-left: 1.2rem; font-size: .85em; overflow-wrap: anywhere; }
.findings { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
.finding { padding: 7px 0; border-bottom: 1px solid var(--line); }
.finding > .muted, .finding > .walk { display: block; font-size: 13px; }
.finding .said { overflow-wrap: anywhere; }
.kind { display: inline-block; font-size: 12.5px; font-weight: 600; padding: 0 7px; border-radius: 3px; margin-right: 4px; color: var(--degraded); background: var(--degraded-tint); }
.kind.outage, .kind.mismatch { color: var(--down); background: var(--down-tint); }
.kind.vantage, .kind.self { color: var(--us); background: var(--us-tint); }
.finding.acknowledged .kind, .finding.closed .kind { color: var(--soft); background: var(--track); }
.state { display: inline-flex; align-items: center; gap: 6px; font-weight: 600; white-space: nowrap; }
.state svg { flex: none; overflow: visible; fill: currentColor; }
.state.up { color: var(--up); } .state.degraded { color: var(--degraded); } .state.down { color: var(--down); }
.state.unknown { color: var(--unknown); } .state.unknown rect { stroke: var(--unknown); stroke-width: 1.2; }
.tag { display: inline-block; font-size: 12px; line-height: 1.5; padding: 0 6px; border: 1px solid var(--line); border-radius: 3px; color: var(--soft); font-weight: 400; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 8px 14px 8px 0; font-weight: 400; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { font-size: 12.5px; color: var(--soft); padding-top: 4px; padding-bottom: 4px; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.n { text-align: right; white-space: nowrap; }
.n small { white-space: normal; }
.mirrors tbody th { min-width: 200px; } .mirrors tbody th > a { font-weight: 600; }
.mirrors td:nth-child(2) { min-width: 190px; max-width: 290px; }
.mirrors td:nth-child(5) { width: 20%; padding-top: 14px; } .mirrors td:nth-child(6) { width: 230px; }
.mirrors td:last-child { min-width: 128px; }
.mirrors tr.unknown td.wide svg { opacity: 0.75; }
.targets tbody th { min-width: 160px; } .targets .step { font-weight: 600; }
.targets td:nth-child(8) { width: 16%; min-width: 90px; padding-top: 13px; } .targets td:nth-child(9) { width: 180px; }
.number { color: inherit; text-decoration-color: var(--hatch); }
.number:hover { color: var(--link); }
.outcome { white-space: nowrap; } .outcome.ok { color: var(--ink); } .outcome.slow { color: var(--degraded); }
.outcome.failed { color: var(--down); font-weight: 600; } .outcome.unknown { color: var(--unknown); font-style: italic; }
.key { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 12px 0 4px; padding: 0; font-size: 13px; color: var(--soft); }
.key svg, .phases th svg { margin-right: 6px; }
.bar { display: block; width: 100%; height: 12px; border-radius: 2px; }
.bar.tall { height: 14px; } .bar.aside { opacity: 0.55; }
.bar.length { height: 4px; margin-top: 2px; border-radius: 1px; } .length-fill { fill: var(--soft); }
.gauge { display: block; width: 100%; max-width: 120px; height: 5px; margin: 4px 0 1px auto; border-radius: 1px; } .sum-fill { fill: var(--link); }
.facts .gauge { margin-left: 0; } .sum { display: block; }
.place dd { margin-right: 10px; } .place .bad { color: var(--down); }
.track { fill: var(--track); }
.p-resolve { fill: var(--resolve); } .p-connect { fill: var(--connect); } .p-tls { fill: var(--tls); }
.p-processing { fill: var(--processing); } .p-transfer { fill: var(--transfer); }
.hatch-ground { fill: var(--hatch-ground); } .hatch-line { fill: var(--hatch); }
.strip, .strip svg { overflow: visible; } .strip { display: block; } .strip .rtt { vector-effect: non-scaling-stroke; }
.strip a { cursor: pointer; } .strip a:hover .fine { stroke: var(--ink); stroke-width: 3; }
.strip-box { max-width: 100%; } .times { display: flex; justify-content: space-between; gap: 8px; color: var(--soft); font-size: 11.5px; white-space: nowrap; }
.mirrors .strip-box { width: 230px; } .targets .strip-box { width: 180px; }
.tick { stroke: var(--hatch); stroke-width: 1; } .strip.large .tick { stroke: var(--line); } .tick-word { text-anchor: middle; }
.axis { stroke: var(--line); } .axis-word { fill: var(--soft); font-size: 12px; }
.threshold { stroke: var(--degraded); stroke-dasharray: 4 3; }
.rtt { fill: none; stroke: var(--connect); stroke-width: 1.2; stroke-linejoin: round; }
.fine { fill: var(--connect); } .slow { fill: var(--degraded); }
.first-fetch { fill: var(--ground); stroke: var(--connect); stroke-width: 1.2; }
.fail { fill: none; stroke: var(--down); stroke-width: 2; } .fail-stem { stroke: var(--down); opacity: 0.35; } .fail-end { fill: var(--down); }
.ways { display: flex; gap: 14px; } .ways [aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
.choice { display: flex; flex-wrap: wrap; gap: 4px 6px; margin: 8px 0; font-size: 13.5px; }
.choices { display: flex; flex-wrap: wrap; gap: 0 18px; } .choice a { padding: 2px 10px; border: 1px solid var(--line); border-radius: 4px; background: var(--card); text-decoration: none; }
.choice a:hover { border-color: var(--soft); } .choice a[aria-current] { border-color: var(--link); box-shadow: inset 0 -2px 0 var(--link); color: var(--ink); }
.choice small { display: inline; color: var(--soft); }
.course { padding: 10px 0 14px; border-bottom: 1px solid var(--line); }
.course h3 { font-size: 15px; font-weight: 600; margin: 0; display: flex; gap: 10px; align-items: baseline; }
.course .facts { margin: 4px 0 6px; font-size: 14px; }
.trend { display: block; overflow: visible; } .trend .rtt { stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.trend .axis-word, .lane .axis-word { font-size: 11.5px; } .trend .tick, .lane .tick { stroke: var(--line); }
.p95 { fill: var(--connect); opacity: 0.22; } .tip { fill: transparent; } .tip:hover { fill: var(--ink); opacity: 0.08; }
.trend rect, .trend path { shape-rendering: crispEdges; } .c-fails { fill: var(--down); } .c-lag { fill: var(--degraded); } .c-rate { fill: var(--transfer); }
.smaller { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 4px 28px; margin-top: 8px; font-size: 13.5px; }
.smaller figure { margin: 0; min-width: 0; } .smaller b { font-weight: 600; margin-right: 4px; } .smaller .caption { margin: 0; }
.reasons { list-style: none; margin: 4px 0 0; padding: 0; font-size: 13px; } .reasons li { margin-bottom: 3px; }
.lanes { margin: 12px 0 4px; } .lane { display: grid; grid-template-columns: 150px 1fr; gap: 12px; align-items: center; border-bottom: 1px solid var(--line); padding: 3px 0; }
.lane .who { font-size: 13.5px; overflow-wrap: anywhere; } .axis-lane { border: 0; padding: 0; } .lane svg { overflow: visible; display: block; }
.bar-of { fill: var(--degraded); } .bar-of.outage, .bar-of.mismatch { fill: var(--down); } .bar-of.vantage, .bar-of.self { fill: var(--us); } .bar-of.advised { fill: var(--link); }
.bar-of.chosen { stroke: var(--ink); stroke-width: 2; } .bar-of:hover { opacity: 0.75; } .open-end { fill: var(--ink); font-size: 12px; }
section.chosen { margin: 14px 0; padding: 2px 14px 10px; border: 1px solid var(--link); border-left-width: 5px; border-radius: 5px; background: var(--card); }
section.chosen h2 { margin: 10px 0 6px; } section.chosen .findings, section.chosen .finding { border: 0; } section.chosen:focus { outline: none; } .close { font-weight: 400; font-size: 13px; margin-left: 10px; }
.finding.chosen { box-shadow: inset 3px 0 0 var(--link); padding-left: 10px; } .kind.advised { color: var(--link); background: var(--track); }
.verdict { margin: 10px 0; padding: 10px 14px; border: 1px solid var(--line); border-left: 5px solid var(--up); border-radius: 5px; background: var(--card); }
.verdict.slow { border-left-color: var(--degraded); } .verdict.failed { border-left-color: var(--down); }
.verdict.unknown { border-left-color: var(--unknown); background: repeating-linear-gradient(45deg, var(--card) 0 6px, var(--track) 6px 7px); }
.verdict .fields span, .hop .muted span { display: inline-block; margin-right: 10px; color: var(--soft); }
.quote { margin: 6px 0 0; }
.phases th, .phases td, .hops th, .hops td { padding-top: 5px; padding-bottom: 5px; }
.phases th, .hops th { width: 130px; white-space: nowrap; } .phases .n { width: 90px; } .hops .n { width: 90px; }
.phases .wide, .hops .wide { padding-top: 9px; }
.hop { margin-top: 18px; padding-top: 12px; border-top: 1px solid var(--line); }
.hop h3 { font-size: 15px; } .hop p { margin: 4px 0; }
.status { font-weight: 650; color: var(--up); margin-right: 6px; } .status.bad { color: var(--down); }
.fault { color: var(--down); }
.headers { display: grid; grid-template-columns: 1fr 1fr; gap: 0 28px; margin-top: 8px; font-size: 13px; }
.header-list { align-self: start; } .header-list caption { text-align: left; color: var(--soft); padding: 2px 0; }
.header-list th, .header-list td { padding: 3px 10px 3px 0; } .header-list th { color: var(--soft); width: 34%; }
@media (max-width: 860px) {
  body { padding: 0 16px; }
  .top { flex-wrap: wrap; gap: 4px 12px; }
  .top .vantage { flex: 1; } .top .ways { order: 1; flex: 1 0 auto; gap: 12px; } .languages { order: 2; } .live { order: 3; }
  .headers { grid-template-columns: 1fr; gap: 10px; }
  .mirrors thead, .targets thead, .probes thead { display: none; }
  .mirrors, .mirrors tbody, .targets, .targets tbody, .probes, .probes tbody { display: block; }
  .mirrors tr, .targets tr, .probes tr { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 16px; padding: 12px 0; border-bottom: 1px solid var(--line); }
  .mirrors th, .mirrors td, .targets th, .targets td, .probes th, .probes td { display: block; border: 0; padding: 0 !important; width: auto !important; max-width: none !important; text-align: left; }
  .mirrors th, .targets th, .probes th, .mirrors .wide, .targets .wide, .mirrors td:nth-child(2) { grid-column: 1 / -1; }
  .probes th { order: -1; }
  td[data-label]::before { content: attr(data-label); display: block; font-size: 12px; color: var(--soft); }
  .mirrors td:nth-child(2)::before { display: none; }
  .mirrors .strip-box, .targets .strip-box { width: 100%; }
  .gauge { margin-left: 0; }
  .smaller { grid-template-columns: 1fr; gap: 10px; } .lane { grid-template-columns: 1fr; gap: 2px; } .lane .who:empty { display: none; } .minor { display: none; }
  .cells { font-size: 13px; } .cells th, .cells td { padding-right: 8px; }
  .phases td[data-label]::before { display: none; }
  .phases th, .hops th { width: 1%; } .phases .n, .hops .n { width: 1%; padding-right: 8px; }
  .line { flex-direction: column; } .copy { padding: 8px; }
  a, summary { padding-block: 5px; }
}
@media (prefers-reduced-motion: no-preference) { .copy { transition: border-color 120ms; } }
@media print {
  body { background: #fff; color: #000; font-size: 11px; }
  .live, .copy, .hands, .bottom, .skip { display: none; }
  .advice, .finding, tr, .hop { break-inside: avoid; }
  svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

/** The icon of the tab: a pulse, in a colour for light and dark backgrounds. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18"><path d="M2 9h3l2-5 3.5 10L13 9h3" fill="none" stroke="#159b78" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
`;

/** The additional style of the what-if page. */
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
