// Why: which latents make the model prefer one next token to another, estimated and tried.
import { postJson } from '../api.js';
import { announce, h, show } from '../dom.js';
import { quoted, short, tabular, unbroken, whole } from '../format.js';
import { scatter } from '../charts/scatter.js';
import { field, fillForm, formParams, numberInput, submitOnCtrlEnter, textArea, textInput } from '../parts/fields.js';
import { labelOf } from '../parts/labels.js';
import { latentNamed } from '../parts/latent.js';
import { empty, loader } from '../parts/notice.js';
import { go, href } from '../router.js';

const defaults = { prompt: '', a: '', b: '', n: '30' };

export const whyPage = {
  title: () => 'Why',

  mount(root) {
    const results = h('section', { class: 'stack', 'aria-label': 'Attributions' });
    const load = loader(results);
    const form = h('form', { class: 'stack', 'aria-label': 'What to explain' },
      field('Prompt', textArea('prompt', { rows: 3 }), 'Ctrl+Enter runs.'),
      h('div', { class: 'pair' }, field('Next token A', textInput('a', { required: true })), field('Next token B', textInput('b', { required: true }))),
      h('p', { class: 'hint' }, 'As written after the prompt, leading space included; the first token of each counts.'),
      h('div', { class: 'row end' }, field('Latents', numberInput('n', { min: 1, max: 200, step: 1, class: 'narrow' })), h('button', { class: 'primary grow' }, 'Explain')));
    submitOnCtrlEnter(form);
    show(root,
      h('div', { class: 'page-head' }, h('div', {}, h('h1', { tabindex: '-1' }, 'Why'),
        h('p', { class: 'lead' }, 'Which active latents speak for token A rather than B: the estimate from the gradient beside what happens when each is really taken away.'))),
      h('div', { class: 'split' }, h('div', { class: 'side' }, form), results));
    form.addEventListener('submit', event => { event.preventDefault(); go(href('why', formParams(form, defaults))); });

    return async route => {
      fillForm(form, route.params, defaults);
      const { prompt, a, b, n } = form.elements;
      if (!prompt.value.trim() || !a.value || !b.value) {
        show(results, empty('Write a prompt and two tokens that could follow it.'),
          h('p', {}, h('a', { class: 'button', href: href('why', { prompt: 'A: Hola, Emil! Do you speak', a: ' Spanish', b: ' German' }) }, 'An example')));
        return;
      }
      await load('Running the model forwards and backwards.', async signal =>
        answerOf(await postJson('why', { prompt: prompt.value, a: a.value, b: b.value, limit: Number(n.value) }, signal), { a: a.value, b: b.value }));
    };
  },
};

function answerOf({ a: tokenA, b: tokenB, difference, active, latents, correlation }, given) {
  const [a, b] = [tokenA.text, tokenB.text];
  const cut = [[given.a, a], [given.b, b]].filter(([text, token]) => text.trim() !== token.trim()).map(([text, token]) => `Of ${quoted(text)} its first token ${quoted(token)} counts.`).join(' ');
  const favoured = difference >= 0 ? a : b;
  const sentence = `The model favours ${quoted(favoured)}: the logit of ${quoted(a)} is ${short(Math.abs(difference))} ${difference >= 0 ? 'above' : 'below'} that of ${quoted(b)}. ${cut}`.trim();
  announce(sentence);
  if (latents.length === 0) return [h('p', {}, sentence), empty('No latent is active on this prompt.')];
  const tried = latents.filter(latent => latent.effect !== null && latent.effect !== undefined);
  return [
    h('p', { class: 'explained' }, unbroken(sentence)),
    tried.length > 1 && h('div', { class: 'panel' },
      h('p', { class: 'figures' }, h('span', {}, 'Pearson ', h('b', {}, short(correlation.pearson))), h('span', {}, 'Spearman ', h('b', {}, short(correlation.spearman))),
        h('span', {}, `${extent(correlation.n, active)}: the closer to 1, the more the estimates can be trusted`)),
      scatter(tried.map(latent => ({ x: latent.attribution, y: latent.effect, text: `#${latent.id} at ${quoted(latent.token)}: estimated ${short(latent.attribution)}, true ${short(latent.effect)}` })),
        { title: 'Is the estimate right?', xTitle: 'attribution', yTitle: 'true effect of ablating each listed latent' })),
    h('p', { class: 'muted small' }, latents.length < active ? `The ${whole(latents.length)} with the largest attributions of ${whole(active)} active.` : `All ${whole(active)} that are active.`),
    table(latents),
  ];
}

/** Over which latents the correlation is. */
const extent = (tried, active) => tried < active
  ? `over the ${whole(tried)} latents with the largest estimates, of ${whole(active)} active ones, each really ablated; those with small estimates are left out`
  : `over all ${whole(active)} active latents, each really ablated`;

function table(latents) {
  const largest = Math.max(...latents.map(latent => Math.abs(latent.attribution)), 1e-12);
  return h('div', { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': 'Table of attributions' }, h('table', { class: 'latents' },
    h('thead', {}, h('tr', {}, ['Latent', 'at token'].map(title => h('th', { scope: 'col' }, title)), ['Attribution', 'True effect', 'Activation'].map(title => h('th', { scope: 'col', class: 'number' }, title)))),
    h('tbody', {}, latents.map(latent => h('tr', {},
      h('td', { class: 'about' }, latentNamed(latent.id, labelOf)),
      h('td', { class: 'nowrap', 'data-title': 'at token' }, h('bdi', {}, quoted(latent.token)), h('span', { class: 'muted small' }, ` ${latent.position}`)),
      h('td', { class: latent.attribution < 0 ? 'number gauge cool' : 'number gauge', 'data-title': 'Attribution', '--v': (Math.abs(latent.attribution) / largest).toFixed(3) }, tabular(latent.attribution)),
      h('td', { class: 'number', 'data-title': 'True effect' }, latent.effect === null || latent.effect === undefined ? h('span', { class: 'muted' }, 'not tried') : tabular(latent.effect)),
      h('td', { class: 'number', 'data-title': 'Activation' }, tabular(latent.activation)))))));
}
