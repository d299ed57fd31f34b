// Analyse: which latents fire in these sentences and not in those.
import { postJson } from '../api.js';
import { announce, h, show } from '../dom.js';
import { counted, percent, short, whole } from '../format.js';
import { legend } from '../heatmap.js';
import { heatRows } from '../parts/examples.js';
import { check, choice, field, fillForm, formParams, sentencesOf, submitOnCtrlEnter, textArea } from '../parts/fields.js';
import { ruleView } from '../parts/explanation.js';
import { recordOf, rememberLabel } from '../parts/labels.js';
import { latentLink } from '../parts/latent.js';
import { empty, loader } from '../parts/notice.js';
import { inSteps } from '../parts/steps.js';
import { openToken } from '../parts/token-panel.js';
import { go, href } from '../router.js';

const defaults = { s: '', c: '', last: false, t: '0.7', share: '0.8', n: '5' };

const samples = [
  ['Weekdays', 'It rained on Monday.\nThey met again on Friday.\nThe shop is closed on Sunday.', 'It rained in May.\nThey met again in Madrid.'],
  ['Colours', 'The red hat was small.\nThe blue coat was old.', 'The hat was old.'],
  ['Sums', '77 + 44 = 121\n38 + 38 = 76\n99 - 66 = 33', 'There are 17 parrots on the farm.\nThen 11 more parrots come.'],
];

export const analysePage = {
  title: () => 'Analyse',

  mount(root) {
    const results = h('section', { class: 'stack', 'aria-label': 'Features found' });
    const form = inputs();
    const load = loader(results);
    show(root,
      h('div', { class: 'page-head' }, h('div', {}, h('h1', { tabindex: '-1' }, 'Analyse'),
        h('p', { class: 'lead' }, 'Write sentences that share something. The studio runs the model and shows the latents that fire in them and stay silent in the contrast.'))),
      h('div', { class: 'split' }, h('div', { class: 'side' }, form), results));
    form.addEventListener('submit', event => { event.preventDefault(); go(href('analyse', formParams(form, defaults))); });
    form.addEventListener('change', event => { if (!event.target.matches('textarea') && form.elements.s.value.trim()) form.requestSubmit(); });

    return async route => {
      fillForm(form, route.params, defaults);
      form.dispatchEvent(new Event('input'));
      const question = readQuestion(form);
      if (question.sentences.length === 0) { show(results, invitation()); return; }
      await load(`Reading ${counted(question.sentences.length + question.contrast.length, 'sentence')}.`, async signal => answerView(question, route.params, await postJson('analyze', question, signal)));
    };
  },
};

function inputs() {
  const threshold = h('input', { type: 'range', name: 't', min: 0, max: 1, step: 0.01 });
  const share = h('input', { type: 'range', name: 'share', min: 0, max: 1, step: 0.01 });
  const [thresholdSaid, shareSaid] = [h('output', { class: 'small' }), h('output', { class: 'small' })];
  const contrast = field('Contrast', textArea('c', { rows: 2 }), 'What they must not fire in. Optional.');
  const form = h('form', { class: 'stack', 'aria-label': 'What to analyse' },
    field('Sentences', textArea('s', { rows: 5 }), 'One per line, or separated by semicolons. Ctrl+Enter runs.'),
    contrast,
    check('The last sentence is the contrast', 'last'),
    h('div', { class: 'pair' },
      field('Threshold', threshold, 'of its own maximum that some token must reach', thresholdSaid),
      field('Share', share, 'of the sentences, at least, in which one does', shareSaid)),
    h('div', { class: 'row end' },
      field('Features', choice('n', [['5', '5'], ['20', '20'], ['all', 'all']])),
      h('button', { class: 'primary grow' }, 'Analyse')));
  form.addEventListener('input', () => {
    thresholdSaid.textContent = percent(Number(threshold.value));
    shareSaid.textContent = percent(Number(share.value));
    contrast.hidden = form.elements.last.checked;
  });
  submitOnCtrlEnter(form);
  return form;
}

function readQuestion(form) {
  const { s, c, last, t, share, n } = form.elements;
  const sentences = sentencesOf(s.value);
  const contrast = last.checked ? (sentences.length > 1 ? sentences.splice(-1) : []) : sentencesOf(c.value);
  return { sentences, contrast, threshold: Number(t.value), share: Number(share.value), limit: n.value === 'all' ? null : Number(n.value) };
}

function invitation() {
  return h('div', { class: 'stack' },
    empty('Nothing to analyse yet: write a few sentences, or begin with one of these.'),
    h('ul', { class: 'row' }, samples.map(([name, s, c]) => h('li', {}, h('a', { class: 'button', href: href('analyse', { s, c }) }, name)))));
}

function answerView(question, params, answer) {
  const { sentence, features, threshold } = found(question, answer);
  announce(sentence);
  if (features.length === 0) return empty(sentence);
  const lower = threshold && h('a', { href: href('analyse', { ...Object.fromEntries(params), t: threshold }) }, `Set the threshold to ${percent(threshold)}`);
  return [h('p', { class: lower ? 'notice' : 'muted small' }, sentence, lower && [' ', lower, '.']), inSteps(features, card)];
}

/** What there is to say and to show: of a lower threshold where the one that was asked finds nothing. */
function found(question, answer) {
  const { features, nearest } = answer;
  if (features.length > 0) return { features, sentence: `${counted(answer.considered, 'latent')} fire in the sentences, ${whole(answer.qualified)} of them as asked${best(answer.qualified, features)}.` };
  const apart = question.contrast.length > 0 ? ' without doing so in the contrast' : '';
  const none = `No latent reaches ${percent(question.threshold)} of its maximum in ${percent(question.share)} of the sentences${apart}`;
  if (!nearest) return { features, sentence: `${none}, and none would at a lower threshold; lower the share${apart && ' or change the contrast'}.` };
  return {
    features: nearest.features,
    sentence: `${none}. At ${percent(nearest.threshold)} of it the first ${nearest.qualified === 1 ? 'one does' : `${whole(nearest.qualified)} do`}${best(nearest.qualified, nearest.features)}.`,
    threshold: nearest.threshold,
  };
}

const best = (qualified, shown) => (qualified > shown.length ? `; the best ${whole(shown.length)} are shown` : '');

function card(feature, index) {
  rememberLabel(feature);
  const on = Math.round(feature.share * feature.sentences.length);
  return h('article', { class: 'card', 'aria-labelledby': `feature-${feature.id}` },
    h('header', {},
      h('h2', { id: `feature-${feature.id}` }, latentLink(feature.id), ' ', ruleView(feature, 'no explanation')),
      h('p', { class: 'figures' },
        h('span', {}, 'rank ', h('b', {}, index + 1)),
        h('span', { 'data-tip': 'Own quantile \u00d7 effect: what the list is ordered by' }, 'score ', h('b', {}, short(feature.score))),
        h('span', { 'data-tip': 'Where its peaks in these sentences stand among all its firings in the atlas' }, 'own quantile ', h('b', {}, short(feature.quantile))),
        feature.effect !== null && feature.effect !== undefined && h('span', { 'data-tip': 'How many standard deviations the peaks lie above those of the contrast' }, 'effect ', h('b', {}, short(feature.effect))),
        h('span', {}, 'fires in ', h('b', {}, `${on} of ${feature.sentences.length}`)),
        legend(feature.max))),
    heatRows(feature.sentences, feature.max, { name: 'Sentence', onToken: openToken }),
    feature.contrast.length > 0 && h('div', {}, h('h3', { class: 'minor' }, 'Contrast'), heatRows(feature.contrast, feature.max, { name: 'Contrast', contrast: true, onToken: openToken })),
    examples(feature));
}

/** The latent's own examples from the atlas, read when they are opened. */
function examples(feature) {
  const content = h('div', {});
  const load = loader(content);
  let read = false;
  return h('details', { ontoggle: async event => {
    if (!event.target.open || read) return;
    read = await load('Reading the atlas.', async signal => heatRows((await recordOf(feature.id, signal)).top.slice(0, 5), feature.max, { name: 'Example', compact: true, onToken: openToken }));
  } }, h('summary', {}, 'Its strongest examples in the atlas'), content);
}
