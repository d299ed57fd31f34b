// A table of latents: what each is about, and the figures that were asked for.
import { h } from '../dom.js';
import { tabular } from '../format.js';
import { ruleView } from './explanation.js';
import { rememberLabel } from './labels.js';
import { latentLink } from './latent.js';

const columns = [
  ['score', 'Score', row => row.score, tabular],
  ['auc', 'AUC (95\u202f%)', row => row.auc, (auc, row) => `${tabular(auc)} (${tabular(row.low)}\u2013${tabular(row.high)})`],
  ['cosine', 'Cosine', row => row.cosine, tabular],
  ['density', 'Density', row => row.density, density => `${tabular(density * 100)}\u202f%`],
  ['max', 'Maximum', row => row.max, tabular],
];

/** Only columns that some row has a value for are shown. */
export function latentTable(rows) {
  const used = columns.filter(([, , value]) => rows.some(row => value(row) !== undefined && value(row) !== null));
  return h('div', { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': 'Table of latents' }, h('table', { class: 'latents' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Latent'), h('th', { scope: 'col', class: 'about' }, 'Explanation'), used.map(([, title]) => h('th', { scope: 'col', class: 'number' }, title)))),
    h('tbody', {}, rows.map(row => tableRow(row, used)))));
}

function tableRow(row, used) {
  rememberLabel(row);
  return h('tr', {},
    h('td', {}, latentLink(row.id)),
    h('td', { class: 'about' }, h('span', { class: 'clamp', dir: 'auto' }, ruleView(row, row.max === 0 ? 'dead' : 'no explanation'))),
    used.map(([, title, value, format]) => h('td', { class: 'number', 'data-title': title }, value(row) === undefined || value(row) === null ? '–' : format(value(row), row))));
}
