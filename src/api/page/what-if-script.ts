/**
 * What the page does while a chain is edited: it asks the page itself a quarter of a second after the last key, and puts
 * what came in place of what stood. User information in URLs stays in the browser. Without it the form's button does the same.
 */
export const whatIfScript = `'use strict';
(() => {
  const form = document.getElementById('whatif-form');
  if (!form) return;
  const summary = document.getElementById('whatif-summary');
  const later = setTimeout;
  let asked = 0, timer = 0;
  const show = async () => {
    asked += 1;
    const mine = asked;
    const query = new URLSearchParams(new FormData(form));
    query.set('chain', query.get('chain').replace(/[\\\\/]{2}[^\\\\/?#]*@/g, '//'));
    const path = form.getAttribute('action') + '?' + query;
    try {
      const answer = await fetch(path, { headers: { accept: 'text/html' }, cache: 'no-store' });
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (mine !== asked) return;
      const next = fresh.getElementById('whatif-summary');
      if (!answer.ok || !next) throw new Error('no page');
      for (const id of ['whatif-outcome', 'whatif-start']) document.getElementById(id).replaceChildren(...fresh.getElementById(id).childNodes);
      // The other language's link leads to what is shown now.
      document.querySelector('.languages').replaceChildren(...fresh.querySelector('.languages').childNodes);
      if (summary.textContent !== next.textContent) summary.textContent = next.textContent;
      history.replaceState(null, '', path);
    } catch {
      if (mine === asked) summary.textContent = summary.dataset.failed;
    }
  };
  form.addEventListener('input', () => { clearTimeout(timer); timer = later(show, 250); });
  form.addEventListener('submit', (event) => { event.preventDefault(); clearTimeout(timer); show(); });
})();
`;
