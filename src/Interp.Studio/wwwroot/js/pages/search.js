// Search: latents by words, by a text, by two sets of texts, by labels, by direction; and the whole dictionary in order.
import { getJson, postJson } from '../api.js';
import { announce, h, show } from '../dom.js';
import { counted, quoted, whole } from '../format.js';
import { choice, field, fillForm, formParams, numberInput, segments, sentencesOf, submitOnCtrlEnter, textArea, textInput } from '../parts/fields.js';
import { latentTable } from '../parts/latent-table.js';
import { empty, loader } from '../parts/notice.js';
import { labelledTexts } from '../parts/labelled.js';
import { amend, go, href } from '../router.js';

const page = 50;

// So many of a ranking are given at most.
const most = 1000;
const filterNames = ['minDensity', 'maxDensity', 'minMax', 'dead'];
const defaults = { kind: 'words', q: '', text: '', s: '', c: '', labelled: '', id: '', minDensity: '', maxDensity: '', minMax: '', dead: '0', sort: 'max' };

export const searchPage = {
  title: route => route.params.get('q') ? `Search ${route.params.get('q')}` : 'Search',

  mount(root) {
    const results = h('section', { class: 'stack', 'aria-label': 'Latents found' });
    const form = inputs();
    const load = loader(results);
    show(root,
      h('div', { class: 'page-head' }, h('div', {}, h('h1', { tabindex: '-1' }, 'Search'),
        h('p', { class: 'lead' }, 'Find latents by what is said of them, or by what they do. Without words the whole dictionary is listed.'))),
      h('div', { class: 'stack wide-gap' }, form, results));
    form.addEventListener('submit', event => { event.preventDefault(); go(href('search', formParams(form, defaults))); });
    form.addEventListener('change', event => {
      if (event.target.name === 'kind') { showKind(form); amend(href('search', formParams(form, defaults))); show(results); }
      else if (event.target.matches('select')) form.requestSubmit();
    });

    return async route => {
      const from = route.params.get('offset') ?? '0';
      const offset = /^\d{1,9}$/.test(from) ? Number(from) : 0;
      fillForm(form, route.params, defaults, { known: ['offset'], sentences: String(offset) === from ? [] : [`The link begins the list at ${quoted(from)}, which is no place in it; it begins at its first.`] });
      showKind(form);
      if (filterNames.some(name => form.elements[name].value !== defaults[name])) form.querySelector('details').open = true;
      await load('Searching.', async signal => {
        const found = await ask(form, offset, signal);
        if (!found) return null;
        announce(found.sentence);
        if (found.latents.length === 0) return empty(found.sentence);
        return [h('p', { class: 'muted small' }, found.sentence), latentTable(found.latents), found.total > page && pager(form, offset, found.total)];
      });
    };
  },
};

function inputs() {
  const part = (kind, ...content) => h('div', { class: 'stack', 'data-kind': kind }, content);
  const labelled = textArea('labelled', { rows: 4, placeholder: '{"text": "a cat", "label": true}\n{"text": "a table", "label": false}' });
  const file = h('input', { type: 'file', accept: '.jsonl,.json,.tsv,.csv,.txt', onchange: async () => { if (file.files[0]) labelled.value = await file.files[0].text(); } });
  const form = h('form', { class: 'panel stack', role: 'search', 'aria-label': 'Latents' },
    segments('Search by', 'kind', [['words', 'Explanation'], ['text', 'Text'], ['contrast', 'Contrast'], ['labelled', 'Labels'], ['direction', 'Direction']]),
    part('words', h('div', { class: 'row end' },
      h('div', { class: 'grow' }, field('Words', textInput('q', { type: 'search', 'data-search': true, placeholder: 'for example: month' }))),
      field('Order of the list', choice('sort', [['max', 'by maximum'], ['density', 'by density'], ['id', 'by number']])))),
    part('text', field('Text', textArea('text', { rows: 2 }), 'The latents that fire most strongly, for themselves, on any of its tokens.')),
    part('contrast', h('div', { class: 'columns' },
      field('On in all of these', textArea('s', { rows: 3 }), 'One per line.'), field('Off in all of these', textArea('c', { rows: 3 }), 'One per line.'))),
    part('labelled', field('Labelled texts', labelled, 'A line each: JSON with text and label, or a label (1 or 0), a tab or comma, and the text. Ranked by the area under the ROC curve.'),
      field('or a file of them', file)),
    part('direction', field('Latent', numberInput('id', { min: 0, step: 1, class: 'narrow' }), 'The others whose decoder directions are nearest to its own.')),
    h('details', {}, h('summary', {}, 'Filters'), h('div', { class: 'filters' },
      field('Least density', numberInput('minDensity', { min: 0, max: 1, placeholder: '0' })),
      field('Greatest density', numberInput('maxDensity', { min: 0, max: 1, placeholder: '1' })),
      field('Least maximum', numberInput('minMax', { min: 0, placeholder: '0' })),
      field('Dead latents', choice('dead', [['0', 'left out'], ['1', 'only these'], ['any', 'listed too']])))),
    h('div', { class: 'row' }, h('button', { class: 'primary' }, 'Search')));
  form.elements.q.addEventListener('input', () => showKind(form));
  submitOnCtrlEnter(form);
  return form;
}

/** Shows the fields of the chosen kind; what words find has an order of its own. */
function showKind(form) {
  form.elements.sort.disabled = form.elements.q.value.trim() !== '';
  for (const part of form.querySelectorAll('[data-kind]')) part.hidden = part.dataset.kind !== form.elements.kind.value;
}

function filtersOf({ minDensity, maxDensity, minMax, dead }) {
  const filters = {};
  if (minDensity.value !== '') filters.minDensity = Number(minDensity.value);
  if (maxDensity.value !== '') filters.maxDensity = Number(maxDensity.value);
  if (minMax.value !== '') filters.minMax = Number(minMax.value);
  if (dead.value !== 'any') filters.dead = dead.value === '1';
  return filters;
}

async function ask(form, offset, signal) {
  const { kind, q, text, s, c, labelled, id, sort } = form.elements;
  const filters = filtersOf(form.elements);
  const limit = Math.min(offset + page + 1, most);
  const post = async body => {
    const { results } = await postJson('search', { kind: kind.value, ...body, filters, limit }, signal);
    return ranked(results, offset, 'No latent answers to this; loosen the filters or change the texts.');
  };
  switch (kind.value) {
    case 'text': return text.value.trim() ? post({ text: text.value }) : null;
    case 'contrast': return s.value.trim() ? post({ sentences: sentencesOf(s.value), contrast: sentencesOf(c.value) }) : null;
    case 'labelled': return labelled.value.trim() ? post({ texts: labelledTexts(labelled.value) }) : null;
    case 'direction': return id.value !== '' ? post({ id: Number(id.value) }) : null;
    default: return q.value.trim() ? byWords(q.value.trim(), filters, offset, limit, signal) : browse(sort.value, filters, offset, signal);
  }
}

async function byWords(words, filters, offset, limit, signal) {
  const { results } = await getJson(`search?${new URLSearchParams({ q: words, limit, ...filters })}`, signal);
  return ranked(results, offset, `No explanation speaks of ${words}; try fewer or other words, or loosen the filters.`);
}

/** A page of a ranking, of which one more is asked for than is shown, so as to know whether there are more. */
function ranked(results, offset, none) {
  const latents = results.slice(offset, offset + page);
  const all = results.length > offset + page ? 'more' : results.length < most ? whole(results.length) : `the best ${whole(most)}`;
  const sentence = results.length === 0 ? none
    : latents.length === 0 ? past(results.length)
      : results.length <= page ? `${counted(results.length, 'latent')}, best first.`
        : `Best first, ${whole(offset + 1)} to ${whole(offset + latents.length)} of ${all}.`;
  return { latents, total: results.length, sentence };
}

async function browse(sort, filters, offset, signal) {
  const { total, features } = await getJson(`features?${new URLSearchParams({ offset, limit: page, sort, ...filters })}`, signal);
  const sentence = total === 0 ? 'No latent passes these filters; loosen them.'
    : features.length === 0 ? past(total)
      : `${whole(total)} latents, ${whole(offset + 1)} to ${whole(offset + features.length)}.`;
  return { latents: features, total, sentence };
}

const past = total => `The link begins behind the last of ${counted(total, 'latent')}; search again to begin at the first.`;

function pager(form, offset, total) {
  const to = (label, at) => at >= 0 && at < total && at !== offset
    ? h('a', { class: 'button', href: href('search', { ...formParams(form, defaults), offset: at || null }) }, label)
    : h('button', { type: 'button', disabled: true }, label);
  return h('nav', { class: 'row', 'aria-label': 'Pages of the list' }, to('\u2190 Earlier', offset > 0 ? Math.max(0, offset - page) : -1), to('Later \u2192', offset + page));
}
