// A table of results whose columns sort on a click. Means with their deviation, 0.12 ± 0.03, are numbers: they sort by the
// mean, and their ± stand below one another. The name of a cell may be divided behind its commas.
import { h, show } from '../dom.js';
import { unbroken } from '../format.js';

/** @param {string[]} columns @param {(string|number|null)[][]} rows */
export function sortableTable(columns, rows, label) {
  const body = h('tbody', {});
  const kinds = columns.map((_, at) => columnOf(rows.map(row => row[at])));
  const heads = columns.map((name, at) => h('th', { scope: 'col', class: kinds[at].numeric ? 'number' : null }, h('button', { type: 'button', onclick: () => sort(at) }, unbroken(name))));
  let order = null;
  const draw = sorted => show(body, sorted.map(row => h('tr', {}, row.map((cell, at) => cellView(cell, kinds[at])))));
  function sort(at) {
    const falling = order === at;
    order = falling ? null : at;
    heads.forEach((head, index) => head.setAttribute('aria-sort', index === at ? (falling ? 'descending' : 'ascending') : 'none'));
    const sorted = rows.toSorted((one, other) => kinds[at].numeric ? meanOf(one[at]) - meanOf(other[at]) : String(one[at]).localeCompare(String(other[at]), 'en'));
    draw(falling ? sorted.reverse() : sorted);
  }
  draw(rows);
  return h('div', { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': `Table of ${label}` }, h('table', { class: 'results' }, h('thead', {}, h('tr', {}, heads)), body));
}

const partsOf = cell => String(cell ?? '').split(' \u00b1 ');
const meanOf = cell => Number(partsOf(cell)[0]);

/** Whether a column has numbers alone, and how wide its deviations are. */
function columnOf(cells) {
  const parts = cells.map(partsOf);
  return {
    numeric: parts.every(([mean, deviation = '0', more]) => more === undefined && Number.isFinite(Number(mean)) && Number.isFinite(Number(deviation))),
    width: Math.max(...parts.map(([, deviation]) => deviation?.length ?? 0)),
  };
}

function cellView(cell, { numeric, width }) {
  if (!numeric) return h('td', {}, String(cell ?? '').split(/(?<=,)(?=\S)/).flatMap((part, at) => at === 0 ? [part] : [h('wbr'), part]));
  const [mean, deviation] = partsOf(cell);
  return h('td', { class: 'number' }, mean, width > 0 && h('span', { class: 'deviation', '--width': width }, deviation === undefined ? '' : ` \u00b1 ${deviation}`));
}
