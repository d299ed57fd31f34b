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
  const { columns, rows, cells } = await getJson(`experiments/${encodeURIComponent(name)}`, signal);
  announce(`${counted(rows.length, 'row')} of ${name}`);
  return [h('p', { class: 'row' }, h('a', { href: href('experiments') }, 'All experiments'), reportLink(name)), sortableTable(columns, rows, name),
    h('details', {}, h('summary', {}, `Every cell with all its metrics (${cells.length})`), cellTable(cells, name))];
}

function cellTable(cells, name) {
  const names = of => [...new Set(cells.flatMap(cell => Object.keys(of(cell))))];
  const [axes, metrics] = [names(cell => cell.axes), names(cell => cell.metrics)];
  return sortableTable([...axes, 'seed', 'status', ...metrics],
    cells.map(cell => [...axes.map(axis => cell.axes[axis] ?? ''), cell.seed, cell.status, ...metrics.map(metric => cell.metrics[metric] ?? '')]), `the cells of ${name}`);
}

async function difference(params, signal) {
  const [a, b] = [params.get('a'), params.get('b')];
  if (!a || !b) throw new Error('Two experiments are needed, a and b.');
  const [{ verdict, lines }, { experiments }] = await Promise.all([getJson(`experiments/diff?${new URLSearchParams({ a, b })}`, signal), getJson('experiments', signal)]);
  announce(verdict);
  return [diffForm(experiments.map(experiment => experiment.name), [a, b]), h('p', { class: 'notice' }, verdict),
    lines.length > 0 && sortableTable(['layer', 'cells', 'what', a, b, 'status', 'note'], lines.map(line => [line.layer, line.place, line.what, line.from, line.to, line.status, line.note]), 'the differences')];
}
