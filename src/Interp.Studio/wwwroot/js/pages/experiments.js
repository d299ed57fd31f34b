// Experiments: the framework's tables, reports and diffs.
import { getJson } from '../api.js';
import { announce, h, show } from '../dom.js';
import { counted } from '../format.js';
import { sortableTable } from '../parts/sortable-table.js';
import { choice, field } from '../parts/fields.js';
import { empty, loader } from '../parts/notice.js';
import { go, href } from '../router.js';

export const experimentsPage = {
  title: route => route.parts[0] ?? 'Experiments',

  mount(root) {
    const body = h('div', { class: 'stack wide-gap' });
    const heading = h('h1', { tabindex: '-1' }, 'Experiments');
    const load = loader(body);
    show(root, h('div', { class: 'page-head' }, h('div', {}, heading, h('p', { class: 'lead' }, 'What the experiment framework has measured: tables, reports with provenance, and what differs between two runs.'))), body);

    return async route => {
      const [name] = route.parts;
      heading.textContent = name === 'diff' ? 'Difference' : name ?? 'Experiments';
      if (name === 'diff') await load('Comparing.', signal => difference(route.params, signal));
      else if (name !== undefined) await load(`Reading ${name}.`, signal => table(name, signal));
      else await load('Reading the results.', list);
    };
  },
};

async function list(signal) {
  const { experiments } = await getJson('experiments', signal);
  if (experiments.length === 0) return empty('No results yet: run an experiment with `interp run configs/demo.fsx`.');
  announce(counted(experiments.length, 'experiment'));
  return [
    h('ul', { class: 'cards' }, experiments.map(experiment => h('li', { class: 'card' },
      h('h2', {}, h('a', { href: href(`experiments/${encodeURIComponent(experiment.name)}`) }, experiment.name)),
      h('p', { class: 'figures' }, experiment.cells !== undefined && h('span', {}, counted(experiment.cells, 'cell')), reportLink(experiment.name))))),
    experiments.length > 1 && diffForm(experiments.map(experiment => experiment.name)),
  ];
}

const reportLink = name => h('a', { href: `/api/v1/experiments/${encodeURIComponent(name)}/report`, target: '_blank', rel: 'noopener' }, 'Report with charts');

function diffForm(names, [before, after] = [names[0], names[1]]) {
  const [a, b] = [choice('a', names.map(name => [name, name])), choice('b', names.map(name => [name, name]))];
  a.value = before;
  b.value = after;
  return h('form', { class: 'panel row end', 'aria-label': 'Compare two experiments', onsubmit: event => { event.preventDefault(); go(href('experiments/diff', { a: a.value, b: b.value })); } },
    field('Before', a), field('After', b), h('button', {}, 'Compare'));
}

async function table(name, signal) {
  const { columns, rows } = await getJson(`experiments/${encodeURIComponent(name)}`, signal);
  announce(`${counted(rows.length, 'row')} of ${name}`);
  return [h('p', { class: 'row' }, h('a', { href: href('experiments') }, 'All experiments'), reportLink(name)), sortableTable(columns, rows, name)];
}

async function difference(params, signal) {
  const [a, b] = [params.get('a'), params.get('b')];
  if (!a || !b) throw new Error('Two experiments are needed, a and b.');
  const [{ text }, { experiments }] = await Promise.all([getJson(`experiments/diff?${new URLSearchParams({ a, b })}`, signal), getJson('experiments', signal)]);
  announce(`Difference of ${a} and ${b}`);
  return [diffForm(experiments.map(experiment => experiment.name), [a, b]), h('pre', { class: 'code tall', tabindex: '0', role: 'region', 'aria-label': `Difference of ${a} and ${b}` }, text)];
}
