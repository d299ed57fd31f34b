// A table of results whose columns sort on a click.
import { h, show } from '../dom.js';

/** @param {string[]} columns @param {(string|number|null)[][]} rows */
export function sortableTable(columns, rows, label) {
  const body = h('tbody', {});
  const numeric = columns.map((_, at) => rows.every(row => row[at] === null || row[at] === '' || Number.isFinite(Number(row[at]))));
  const heads = columns.map((name, at) => h('th', { scope: 'col', class: numeric[at] ? 'number' : null }, h('button', { type: 'button', onclick: () => sort(at) }, name)));
  let order = null;
  const draw = sorted => show(body, sorted.map(row => h('tr', {}, row.map((cell, at) => h('td', { class: numeric[at] ? 'number' : null }, cell ?? '')))));
  function sort(at) {
    const falling = order === at;
    order = falling ? null : at;
    heads.forEach((head, index) => head.setAttribute('aria-sort', index === at ? (falling ? 'descending' : 'ascending') : 'none'));
    const sorted = rows.toSorted((one, other) => numeric[at] ? Number(one[at]) - Number(other[at]) : String(one[at]).localeCompare(String(other[at]), 'en'));
    draw(falling ? sorted.reverse() : sorted);
  }
  draw(rows);
  return h('div', { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': `Table of ${label}` }, h('table', {}, h('thead', {}, h('tr', {}, heads)), body));
}
