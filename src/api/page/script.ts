/**
 * The page's own script, ES2020, sent as it is. It follows `GET /api/v1/events` and swaps `main` for a fresh one: at once
 * after news, at most every two seconds. What the reader is doing stays: scroll, focus, open details, a text selection.
 */
export const script = `'use strict';
(() => {
  const later = setTimeout, timer = performance;
  const main = () => document.getElementById('main');
  const live = document.getElementById('live');
  const leastGapMs = 2000;
  let lastMs = -leastGapMs, waiting = false, busy = false, again = false;

  const say = (word) => {
    if (!live || live.textContent === word) return;
    live.hidden = false;
    live.className = 'live ' + word;
    live.textContent = word;
  };
  const isSelecting = () => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && main().contains(selection.anchorNode);
  };
  const keyOf = (element) => {
    if (!element || !main().contains(element) || element === main()) return null;
    if (element.id) return { id: element.id };
    const href = element.getAttribute('href');
    if (!href) return null;
    const alike = [...main().querySelectorAll('a')].filter((a) => a.getAttribute('href') === href);
    return { href, at: alike.indexOf(element) };
  };
  const find = (key) => key.id ? document.getElementById(key.id)
    : [...main().querySelectorAll('a')].filter((a) => a.getAttribute('href') === key.href)[key.at];

  const dress = () => {
    for (const button of main().querySelectorAll('button.copy')) {
      button.hidden = false;
      button.onclick = () => copy(button);
    }
  };
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = 'copied';
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = document.execCommand('copy') ? 'copied' : 'selected';
    }
    later(() => { button.textContent = 'copy'; }, 2000);
  };

  const refresh = async () => {
    if (busy) { again = true; return; }
    if (document.hidden || isSelecting()) { again = false; ask(); return; }
    busy = true;
    lastMs = timer.now();
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = fresh.getElementById('main');
      if (answer.ok && next && !isSelecting()) swap(next, fresh.title);
    } catch {
      say('reconnecting');
    }
    busy = false;
    if (again) { again = false; ask(); }
  };
  const swap = (next, title) => {
    const key = keyOf(document.activeElement);
    const open = [...main().querySelectorAll('details[open][id]')].map((one) => one.id);
    main().replaceChildren(...next.childNodes);
    for (const id of open) { const one = document.getElementById(id); if (one) one.open = true; }
    const focused = key && find(key);
    if (focused) focused.focus({ preventScroll: true });
    if (document.title !== title) document.title = title;
    dress();
  };
  const ask = () => {
    if (waiting) return;
    waiting = true;
    later(() => { waiting = false; refresh(); }, Math.max(0, lastMs + leastGapMs - timer.now()));
  };

  dress();
  if (document.querySelector('[data-still]')) return;
  const events = new EventSource('/api/v1/events?types=finding,advice,standing,vantage,reload,sample');
  events.onopen = () => { say('live'); ask(); };
  events.onerror = () => {
    say('reconnecting');
    if (events.readyState === EventSource.CLOSED) later(() => location.reload(), 30000);
  };
  for (const type of ['finding', 'advice', 'standing', 'vantage', 'reload', 'sample']) events.addEventListener(type, ask);
})();
`;
