// Keys for the whole page, and the dialog that lists them.
import { h } from './dom.js';
import { go, href } from './router.js';

const listed = [
  ['/', 'Search'], ['n', 'Next latent'], ['p', 'Previous latent'], ['r', 'Random latent'],
  ['\u2190 \u2192', 'Through the tokens of a text, the bars of a chart'], ['Enter', 'What fires on the token'],
  ['Ctrl Enter', 'Run what is written'], ['?', 'This list'], ['Esc', 'Close'],
];

/** Begins to listen; returns how to show the list. */
export function startShortcuts() {
  const dialog = h('dialog', { 'aria-labelledby': 'keys-title' },
    h('h2', { id: 'keys-title' }, 'Keyboard'),
    h('dl', { class: 'keys' }, listed.map(([key, does]) => [h('dt', {}, key.split(' ').map(part => [h('kbd', {}, part), ' '])), h('dd', {}, does)])),
    h('form', { method: 'dialog' }, h('button', {}, 'Close')));
  document.body.append(dialog);
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || event.target.matches('input, textarea, select')) return;
    if (event.key === '?') dialog.showModal();
    else if (event.key === '/') focusSearch();
    else if (/^[npr]$/.test(event.key)) document.querySelector(`[data-key="${event.key}"]`)?.click();
    else return;
    event.preventDefault();
  });
  return () => dialog.showModal();
}

/** The search field of this page, or else that of the page Search. */
function focusSearch() {
  const focus = () => {
    const field = document.querySelector('[data-search]');
    field?.focus();
    return field !== null && document.activeElement === field;
  };
  if (focus()) return;
  addEventListener('hashchange', () => setTimeout(focus), { once: true });
  go(href('search'));
}
