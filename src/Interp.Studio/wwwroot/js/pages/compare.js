// Compare: another dictionary of the same hook beside this one. The answer has `counts` and, for each kind of latents,
// rows {here: side[], there: side[]}, a side being {id, cosine?, max?, explanation?, examples?}.
import { postJson } from '../api.js';
import { announce, h, show } from '../dom.js';
import { quoted, short, whole } from '../format.js';
import { choice, field, fillForm, formParams, numberInput } from '../parts/fields.js';
import { heatRows } from '../parts/examples.js';
import { ruleView } from '../parts/explanation.js';
import { rememberLabel } from '../parts/labels.js';
import { latentLink } from '../parts/latent.js';
import { empty, loader } from '../parts/notice.js';
import { go, href } from '../router.js';
import { studio } from '../studio.js';

const defaults = { sae: '', tau: '0.7', show: 'matched' };
const groups = {
  matched: ['Matched', 'each other\u2019s nearest'],
  split: ['Split', 'one here, several there'],
  merged: ['Merged', 'several here, one there'],
  lost: ['Lost', 'here only'],
  new: ['New', 'there only'],
};

export const comparePage = {
  title: () => 'Compare',

  mount(root) {
    const others = studio.dictionaries ?? [];
    const results = h('section', { class: 'stack', 'aria-label': 'Comparison' });
    const load = loader(results);
    const form = h('form', { class: 'panel row end', 'aria-label': 'What to compare with' },
      h('div', { class: 'grow' }, field('Other dictionary', choice('sae', others.map(name => [name, name])))),
      field('Least cosine', numberInput('tau', { min: 0, max: 1, step: 0.01, class: 'narrow' })), h('input', { type: 'hidden', name: 'show' }), h('button', { class: 'primary' }, 'Compare'));
    show(root,
      h('div', { class: 'page-head' }, h('div', {}, h('h1', { tabindex: '-1' }, 'Compare'),
        h('p', { class: 'lead' }, 'Which latents of this dictionary another one has too, by the cosine of their decoder directions.'))),
      h('div', { class: 'stack wide-gap' }, others.length > 0 ? form : empty('There is no other dictionary: start the studio with `--compare NAME=SAE` to name one.'), results));
    form.addEventListener('submit', event => { event.preventDefault(); go(href('compare', { sae: form.elements.sae.value, ...formParams(form, defaults) })); });

    return async route => {
      if (others.length === 0) return;
      const kind = route.params.get('show');
      fillForm(form, route.params, { ...defaults, sae: others[0] }, { sentences: kind !== null && !(kind in groups) ? [`The link says the kind ${quoted(kind)}, which there is not; matched is taken.`] : [] });
      if (!route.params.get('sae')) { show(results); return; }
      await load('Comparing every pair of latents.', async signal => compared(await postJson('compare', { sae: form.elements.sae.value, threshold: Number(form.elements.tau.value) }, signal), route.params));
    };
  },
};

function compared(answer, params) {
  const counts = answer.counts;
  const shown = params.get('show') in groups ? params.get('show') : 'matched';
  announce(Object.entries(groups).map(([name, [title]]) => `${title} ${counts[name]}`).join(', '));
  const tab = ([name, [title, meaning]]) => h('a', { class: 'fact', href: href('compare', { ...Object.fromEntries(params), show: name }), 'aria-current': name === shown ? 'true' : null },
    h('span', { class: 'muted' }, title), h('b', {}, whole(counts[name])), h('span', { class: 'hint' }, meaning));
  const rows = answer[shown];
  return [
    h('nav', { class: 'fact-row', 'aria-label': 'Kinds of latents' }, Object.entries(groups).map(tab)),
    rows.length === 0 ? empty('There is none of this kind.') : rows.map(pairView),
    rows.length < counts[shown] && h('p', { class: 'muted small' }, `The first ${whole(rows.length)} of ${whole(counts[shown])}.`),
  ];
}

/** One latent or several of either dictionary, side by side. */
function pairView(row) {
  return h('article', { class: 'card' }, h('div', { class: 'sides' },
    h('div', { class: 'stack' }, row.here.length === 0 ? nothing('here') : row.here.map(latent => { rememberLabel(latent); return sideView([latentLink(latent.id), ' ', ruleView(latent, '')], latent); })),
    h('div', { class: 'stack' }, row.there.length === 0 ? nothing('there') : row.there.map(latent =>
      sideView([`there #${latent.id} `, ruleView(latent, '')], latent)))));
}

const nothing = where => h('p', { class: 'muted' }, `Nothing near it ${where}.`);

function sideView(heading, { cosine, max, examples }) {
  return h('div', {}, h('h2', {}, heading), typeof cosine === 'number' && h('p', { class: 'figures' }, `cosine ${short(cosine)}`),
    examples?.length > 0 ? heatRows(examples, max, { name: 'Example', compact: true })
      : h('p', { class: 'muted small' }, typeof max === 'number' ? 'It never fires in the atlas.' : 'No atlas of this dictionary: start the studio with `--corpus` to have one made.'));
}
