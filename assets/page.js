// biome-ignore lint/suspicious/noRedundantUseStrict: pages load it as a classic script.
'use strict';
(() => {
  const later = setTimeout,
    timer = performance;
  const main = () => document.getElementById('main');
  const live = document.getElementById('live');
  const words = JSON.parse(document.body.dataset.words);
  // The pace of a page without a stream of events.
  const everyMs = Number(document.body.dataset.everyMs ?? 0);
  const leastGapMs = 2000;
  let lastMs = -leastGapMs,
    waiting = false,
    busy = false,
    again = false,
    events = null,
    token = '';

  const say = (word) => {
    if (!live || live.textContent === words[word]) return;
    live.hidden = false;
    live.className = 'live ' + word;
    live.textContent = words[word];
  };
  const isSelecting = () => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && main().contains(selection.anchorNode);
  };
  const isActing = () => {
    const active = document.activeElement;
    return (
      main().querySelector('details.hand[open], form[data-asking]') !== null ||
      (main().contains(active) && active.tagName === 'INPUT')
    );
  };
  const keyOf = (element) => {
    if (!element || !main().contains(element) || element === main()) return null;
    if (element.id) return { id: element.id };
    // A link is found again by its address, any other element by the nearest id around it.
    const href = element.getAttribute('href'),
      of = href ? main() : element.closest('[id]');
    if (!href && of === main()) return null;
    return { tag: element.tagName, href, of: of.id, at: alike(of, element.tagName, href).indexOf(element) };
  };
  const alike = (of, tag, href) => [...of.querySelectorAll(tag)].filter((one) => one.getAttribute('href') === href);
  const find = ({ id, tag, href, of, at }) => {
    const place = document.getElementById(id || of);
    return id || !place ? place : alike(place, tag, href)[at];
  };

  const dress = () => {
    for (const button of main().querySelectorAll('button.copy')) {
      button.hidden = false;
      button.onclick = () => copy(button);
    }
    for (const hands of main().querySelectorAll('.hands')) hands.hidden = false;
    for (const form of main().querySelectorAll('form[data-post]')) {
      form.onsubmit = (event) => {
        event.preventDefault();
        act(form);
      };
      if (token) form.querySelector('.token').hidden = true;
    }
  };
  const act = async (form) => {
    const field = form.elements.token,
      button = form.querySelector('button'),
      said = form.querySelector('output');
    if (field.value) token = field.value;
    const body = JSON.parse(form.dataset.body);
    for (const input of form.elements) if (input.name && input !== field && input.value) body[input.name] = input.value;
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-language': document.documentElement.lang,
    };
    if (token) headers.authorization = 'Bearer ' + token;
    button.disabled = true;
    // Keeps the page from being replaced before the response is shown in this form.
    form.dataset.asking = '';
    said.textContent = words.asking;
    try {
      // Writes accept only the bearer token: the browser must neither send a known password nor ask for one.
      // Not relative: a browser refuses that if the address of the page contains a password.
      const answer = await fetch(location.origin + form.dataset.post, {
        method: 'POST',
        headers,
        credentials: 'omit',
        body: JSON.stringify(body),
      });
      if (answer.ok) {
        delete form.dataset.asking;
        return done(form, said);
      }
      const problem = await answer.json().catch(() => ({}));
      said.textContent = problem.detail || problem.title || words.refused + ' ' + answer.status;
      if (answer.status === 401) askToken(field, said);
    } catch {
      said.textContent = words.silent;
    } finally {
      button.disabled = false;
      delete form.dataset.asking;
    }
  };
  const askToken = (field, said) => {
    said.textContent = token ? words.badToken : words.needsToken;
    token = field.value = '';
    field.parentElement.hidden = false;
    field.focus();
  };
  const done = (form, said) => {
    said.textContent = words.done;
    const fold = form.closest('details');
    if (fold) fold.open = false;
    if (document.activeElement) document.activeElement.blur();
    lastMs = -leastGapMs;
    refresh();
  };
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = words.copied;
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = document.execCommand('copy') ? words.copied : words.selected;
    }
    later(() => {
      button.textContent = words.copy;
    }, 2000);
  };

  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    // Set even if nothing is fetched: otherwise the next attempt follows at once.
    lastMs = timer.now();
    if (isActing()) say('held');
    if (document.hidden || isSelecting() || isActing()) {
      again = false;
      ask();
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = fresh.getElementById('main');
      if (answer.ok && next && !isSelecting() && !isActing()) swap(next, fresh.title);
      if (everyMs) say(answer.ok ? 'live' : 'reconnecting');
      else if (events && events.readyState === EventSource.OPEN) say('live');
    } catch {
      say('reconnecting');
    }
    busy = false;
    if (again) {
      again = false;
      ask();
    }
  };
  const swap = (next, title) => {
    const key = keyOf(document.activeElement);
    const open = [...main().querySelectorAll('details[open][id]')].map((one) => one.id);
    main().replaceChildren(...next.childNodes);
    for (const id of open) {
      const one = document.getElementById(id);
      if (one) one.open = true;
    }
    if (document.title !== title) document.title = title;
    // Before the focus, which a hidden element cannot take.
    dress();
    const focused = key && find(key);
    if (focused) focused.focus({ preventScroll: true });
  };
  const ask = () => {
    if (waiting) return;
    waiting = true;
    later(
      () => {
        waiting = false;
        refresh();
      },
      Math.max(0, lastMs + leastGapMs - timer.now()),
    );
  };

  // Only when the daemon is back: the error page of a proxy has no script that would leave it.
  const reload = async () => {
    const isBack = await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).then(
      ({ status }) => status < 500,
      () => false,
    );
    if (isBack && !isActing()) location.reload();
    else later(reload, 30000);
  };

  dress();
  if (document.querySelector('[data-still]')) return;
  if (everyMs) {
    say('live');
    setInterval(ask, everyMs);
    return;
  }
  events = new EventSource('/api/v1/events?types=finding,advice,standing,vantage,reload,sample');
  events.onopen = () => {
    say('live');
    ask();
  };
  events.onerror = () => {
    say('reconnecting');
    if (events.readyState === EventSource.CLOSED) later(reload, 30000);
  };
  for (const type of ['finding', 'advice', 'standing', 'vantage', 'reload', 'sample'])
    events.addEventListener(type, ask);
})();
