// How a latent is named wherever it appears: its number as a link, and what is known of it.
import { h } from '../dom.js';
import { href } from '../router.js';

export const latentLink = (id, params) => h('a', { class: 'latent', href: href(`feature/${id}`, params) }, `#${id}`);

/** The link, and the latent's label as soon as `labelOf(id)` resolves to one, {short, whole}. */
export function latentNamed(id, labelOf) {
  const label = h('span', { class: 'muted' });
  labelOf(id).then(text => { if (text) { label.textContent = ` ${text.short}`; label.dataset.tip = text.whole; } }, () => {});
  return h('span', { class: 'label' }, latentLink(id), label);
}

/** A token as a piece of text, a leading space made visible. */
export function piece(token) {
  const space = token.startsWith(' ');
  const text = (space ? token.slice(1) : token).replaceAll('\n', '\u21b5').replaceAll('\t', '\u21e5');
  return h('bdi', { class: space ? 'piece space' : 'piece' }, text || (space ? '' : '\u25cc'));
}

/** A list whose rows carry a bar from 0 to the largest size: rows are [content, size, text]. After ten the rest is folded. */
export function barList(rows, cool = false) {
  const largest = Math.max(...rows.map(([, size]) => Math.abs(size)), 0);
  const list = part => h('ul', { class: 'bars' }, part.map(([content, size, text]) =>
    h('li', { class: cool ? 'cool' : null, '--v': largest > 0 ? (Math.abs(size) / largest).toFixed(3) : 0 }, content, h('span', {}, text))));
  const [first, rest] = [rows.slice(0, 10), rows.slice(10)];
  return rest.length === 0 ? list(first) : h('div', {}, list(first), h('details', {}, h('summary', {}, `${rest.length} more`), list(rest)));
}
