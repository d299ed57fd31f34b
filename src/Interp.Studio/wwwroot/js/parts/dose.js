// What each strength does: effect, perplexity, repetition, and the text it gives.
import { h, show } from '../dom.js';
import { short } from '../format.js';
import { lineChart } from '../charts/lines.js';

const unitNames = { max: 'strength (\u00d7 max)', norm: 'strength (\u00d7 norm)', raw: 'strength' };
const measures = [
  ['effect', 'Effect', 'rise of the log-probability of the tokens it raises (nats)'],
  ['perplexity', 'Perplexity', 'of the text under the plain model (log scale)'],
  ['repetition', 'Repetition', 'share of four-token runs that were there already'],
];

/** @param {{strength: number, effect: number, perplexity: number, repetition: number, text: string}[]} points */
export function doseView(points, unit) {
  const text = h('div', { 'aria-live': 'polite' });
  const choose = index => show(text, h('article', { class: 'card' }, h('h3', {}, `At ${short(points[index].strength)}`), h('p', { class: 'heat', dir: 'auto' }, points[index].text)));
  choose(points.length - 1);
  return h('div', { class: 'stack' },
    h('div', { class: 'charts' }, measures.map(([name, title, hint]) =>
      lineChart(points.map(point => ({ x: point.strength, y: point[name] })), { title, hint, xTitle: unitNames[unit], log: name === 'perplexity', onChoose: choose }))),
    text,
    h('details', {}, h('summary', {}, 'The numbers'), h('div', { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': 'Table of doses' }, h('table', {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Strength'), measures.map(([, title]) => h('th', { scope: 'col', class: 'number' }, title)), h('th', { scope: 'col' }, 'Text'))),
      h('tbody', {}, points.map(point => h('tr', {}, h('td', {}, short(point.strength)), measures.map(([name]) => h('td', { class: 'number' }, short(point[name]))), h('td', { dir: 'auto' }, point.text))))))));
}
