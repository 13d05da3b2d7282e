import { credentialPlaces } from '../../core/secret.ts';

/**
 * The script of the what-if page: it shows the result for the chain while the chain is edited. Credentials are removed
 * before sending; hosts that the page does not know are sent only on a submit.
 */
export const whatIfScript = `'use strict';
(() => {
  const form = document.getElementById('whatif-form');
  if (!form) return;
  const summary = document.getElementById('whatif-summary'), outcome = document.getElementById('whatif-outcome');
  const later = setTimeout;
  let asked = 0, timer = 0;
  const places = [${credentialPlaces.join(', ')}];
  const bare = (chain) => places.reduce((text, place) => text.replace(place, '$1'), chain);
  const membersOf = (chain) => chain.split(/[,|\\s]+/);
  const hostOf = (member) => member.replace(/^[a-z][a-z0-9+.-]*:(?=[\\\\/])/i, '').replace(/^[\\\\/]+/, '').split(/[\\\\/?#]/)[0].toLowerCase();
  // Hosts that the daemon has shown, and those already submitted.
  const known = new Set(form.dataset.hosts.split(' '));
  const isWord = (member) => /^[a-z]*$/.test(member);
  const learn = (chain) => { for (const member of membersOf(chain)) if (!isWord(member)) known.add(hostOf(member)); };
  const isSure = (member) => isWord(member) || known.has(hostOf(member));
  const isHalf = (member) => !/^(\\[[0-9a-f:.]*\\]|[^:]*)(:\\d{0,5})?$/.test(hostOf(member));
  const put = (text) => { if (summary.textContent !== text) summary.textContent = text; };
  const hold = (why) => {
    asked += 1;
    put(summary.dataset[why]);
    outcome.replaceChildren();
  };
  const show = async (isPressed) => {
    const query = new URLSearchParams(new FormData(form));
    const chain = bare(query.get('chain'));
    const members = membersOf(chain);
    if (members.some(isHalf)) return hold('half');
    if (!isPressed && !members.every(isSure)) return hold('held');
    if (isPressed) learn(chain);
    asked += 1;
    const mine = asked;
    query.set('chain', chain);
    const path = form.getAttribute('action') + '?' + query;
    try {
      // Not relative: a browser refuses that if the address of the page contains a password.
      const answer = await fetch(location.origin + path, { headers: { accept: 'text/html' }, cache: 'no-store' });
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (mine !== asked) return;
      const next = fresh.getElementById('whatif-summary');
      if (!answer.ok || !next) throw new Error('no page');
      for (const id of ['whatif-outcome', 'whatif-start']) document.getElementById(id).replaceChildren(...fresh.getElementById(id).childNodes);
      document.querySelector('.languages').replaceChildren(...fresh.querySelector('.languages').childNodes);
      put(next.textContent);
      history.replaceState(null, '', path);
    } catch {
      if (mine === asked) put(summary.dataset.failed);
    }
  };
  learn(form.elements.chain.defaultValue);
  form.addEventListener('input', () => { clearTimeout(timer); timer = later(show, 250, false); });
  // A textarea, to show a long chain on a phone. A chain has one line, so Enter submits it.
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing || event.target !== form.elements.chain) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', (event) => { event.preventDefault(); clearTimeout(timer); show(true); });
})();
`;
