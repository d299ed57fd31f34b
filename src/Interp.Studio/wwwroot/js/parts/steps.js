// Long lists: the first so many, and a button for more.
import { h } from '../dom.js';
import { whole } from '../format.js';

/** Draws items as `draw(item, index)`, fifty at a time. */
export function inSteps(items, draw, step = 50) {
  const list = h('div', { class: 'stack' });
  const button = h('button', { type: 'button', class: 'fit', onclick: more });
  let shown = 0;
  more();
  return h('div', { class: 'stack' }, list, button);

  function more() {
    const added = items.slice(shown, shown + step).map((item, index) => draw(item, shown + index));
    list.append(...added);
    if (shown > 0) added[0].querySelector('a, button')?.focus();
    shown += added.length;
    button.hidden = shown >= items.length;
    button.textContent = `${whole(Math.min(step, items.length - shown))} more of ${whole(items.length)}`;
  }
}
