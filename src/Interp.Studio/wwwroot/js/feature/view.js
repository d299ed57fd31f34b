// The page of one latent, drawn from the atlas's record of it. It fetches nothing: what it needs besides the record is
// in `source`, so that the studio and the static export share it.
import { h } from '../dom.js';
import { counted, percent, short, tabular, unbroken, whole } from '../format.js';
import { legend } from '../heatmap.js';
import { histogram } from '../charts/histogram.js';
import { heatRows } from '../parts/examples.js';
import { fitted, labelOfRule, shortened } from '../parts/explanation.js';
import { barList, latentNamed, piece } from '../parts/latent.js';

/**
 * @param record the latent's record
 * @param {{labelOf: (id: number) => Promise<string|null>, tokens?: number, onToken?: Function}} source
 * @param {Element[]} beside what stands above the examples (the test box)
 */
export function featureView(record, source, beside = []) {
  if (record.max === 0) return [facts(record), deadNotice(source.tokens), weightParts(record, source)];
  return [
    facts(record),
    h('div', { class: 'feature-body' },
      h('div', { class: 'stack' }, beside, topExamples(record, source), intervalExamples(record, source)),
      h('div', { class: 'stack' }, figures(record), weightParts(record, source), firingParts(record, source))),
  ];
}

/** What is said of a latent in one line, {short, whole}: its explanation, else its most frequent token. */
export function labelOfRecord(record) {
  const plain = text => ({ short: text, whole: text });
  if (record.max === 0) return plain('dead');
  return labelOfRule(record.explanation?.text, record.explanation?.f1) ?? (record.tokens.length > 0 ? plain(`fires most on ${JSON.stringify(record.tokens[0].token)}`) : null);
}

/** The explanation and the concept, under the page's heading. */
export function explained(record) {
  const { explanation, concept } = record;
  const brief = explanation && shortened(explanation.text);
  return h('div', { class: 'stack' },
    explanation ? h('p', { class: 'explained', dir: 'auto' }, unbroken(brief)) : record.max > 0 && h('p', { class: 'muted' }, 'No rule explains this latent well enough.'),
    h('p', { class: 'row small muted' },
      explanation && h('span', { 'data-tip': fit(explanation), tabindex: '0' }, `explanation F1 ${fitted(explanation.f1)} on held-out text`),
      concept && h('span', { class: concept.f1 < 0.5 ? 'badge weak' : 'badge', 'data-tip': fit(concept), tabindex: '0' }, `concept: ${concept.name} \u00b7 F1 ${fitted(concept.f1)}`)),
    brief && brief !== explanation.text && h('details', {}, h('summary', {}, 'The whole rule'), h('p', { class: 'small', dir: 'auto' }, explanation.text)));
}

const fit = ({ precision, recall }) => `precision ${percent(precision)}, recall ${percent(recall)}`;

function facts(record) {
  const fact = (name, value, tip, unit) => h('div', { 'data-tip': tip }, h('dt', {}, name), h('dd', {}, value, unit && h('small', {}, ` ${unit}`)));
  return h('dl', { class: 'facts' },
    fact('Density', percent(record.density), 'Share of the atlas\u2019s tokens on which the latent fires', `${counted(record.count, 'token')}`),
    fact('Maximum', short(record.max), 'Largest activation in the atlas: the end of every colour scale here'),
    fact('Mean', short(record.mean), 'Mean over the tokens it fires on', 'where it fires'),
    fact('One token', percent(record.singleTokenRatio), 'Share of its firings that fall on its most frequent token', 'most frequent'),
    fact('Decoder · encoder', short(record.decoderEncoderCosine), 'Cosine of the latent\u2019s decoder and encoder directions', 'cosine'));
}

function deadNotice(tokens) {
  const bound = tokens ? `: none of ${whole(tokens)} tokens made it fire, so its density is below ${percent(3 / tokens)} (95\u202f%)` : '';
  return h('p', { class: 'notice' }, `This latent is dead in the atlas${bound}.`);
}

const hint = text => h('p', { class: 'hint' }, text);

const section = (title, ...content) => h('section', { class: 'section' }, h('h2', {}, title), content);

function topExamples(record, source) {
  return h('section', { class: 'section' },
    h('h2', { class: 'spread' }, 'Top examples', legend(record.max)),
    heatRows(record.top, record.max, { name: 'Example', compact: true, onToken: source.onToken }));
}

function intervalExamples(record, source) {
  const filled = record.intervals.filter(interval => interval.examples.length > 0).toSorted((one, other) => other.from - one.from);
  if (filled.length === 0) return null;
  return section('Random examples by strength', filled.map((interval, index) =>
    h('details', { open: index === 0 },
      h('summary', {}, `${short(interval.from)} to ${short(interval.to)}`),
      heatRows(interval.examples, record.max, { name: `Example between ${short(interval.from)} and ${short(interval.to)},`, compact: true, onToken: source.onToken }))));
}

function figures(record) {
  return record.histogram.length > 0 && section('Activations', histogram(record.histogram, `${counted(record.count, 'token')}, logarithmic counts`));
}

function weightParts(record, source) {
  const effects = (list, cool) => barList(list.map(({ token, effect }) => [piece(token), effect, tabular(effect)]), cool);
  return [
    section('Next tokens', hint('what it adds to their logits for each unit of its value'), h('div', { class: 'raised-lowered' },
      h('div', {}, h('h3', { class: 'minor' }, 'raised'), effects(record.raised, false)),
      h('div', {}, h('h3', { class: 'minor' }, 'lowered'), effects(record.lowered, true)))),
    record.neighbours.length > 0 && section('Nearest decoder directions', hint('cosine of their decoder rows'),
      barList(record.neighbours.map(({ id, cosine }) => [latentNamed(id, source.labelOf), cosine, tabular(cosine)]))),
  ];
}

function firingParts(record, source) {
  return [
    record.tokens.length > 0 && section('Tokens it fires on', hint(`how many of its ${whole(record.count)} firings fall on each`),
      barList(record.tokens.map(({ token, count }) => [piece(token), count, whole(count)]))),
    record.coFiring.length > 0 && section('Fires together with', hint(`share of its ${whole(record.count)} firings on which the other fires too`),
      barList(record.coFiring.map(({ id, share }) => [latentNamed(id, source.labelOf), share, percent(share)]))),
  ];
}
