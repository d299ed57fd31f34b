// The feature pages as files that open from disk.
//
// A browser loads neither modules nor data with fetch from file://, so the exporter writes one classic script and puts
// the data into scripts. It takes these files of js/ in this order,
//
//   dom.js format.js roving.js tooltip.js heatmap.js router.js theme-button.js charts/scale.js charts/histogram.js
//   parts/examples.js parts/explanation.js parts/latent.js parts/copy.js feature/view.js static/export.js
//
// drops every line that begins with `import `, drops the word `export ` at the beginning of a line, and puts the whole
// into (() => { … })();. No two of these files give the same name to different things at their top level; a browser
// test holds them to that. The folder:
//
//   index.html        static/index.html of the pages as it is
//   studio.js         the script above; theme.js and css/*.css beside it
//   data/summary.js   interpSummary({"latents":2048,"model":"…","hook":"…","tokens":200000,"labels":["…",null,…]});
//   data/17.js        interpRecord({…the record of latent 17, the atlas's line as it is…});
//
// `labels` has one entry per latent: its explanation and concept, or null. Addresses are index.html#/feature/17.
import { h, show } from '../dom.js';
import { whole } from '../format.js';
import { explained, featureView } from '../feature/view.js';
import { copyButton, saveButton } from '../parts/copy.js';
import { labelOfRule, shortened } from '../parts/explanation.js';
import { latentLink } from '../parts/latent.js';
import { go, href, parseRoute } from '../router.js';
import { startThemeButton } from '../theme-button.js';
import { startTooltips } from '../tooltip.js';

const records = new Map();
let summary = null;

globalThis.interpSummary = value => { summary = value; };
globalThis.interpRecord = record => records.set(record.id, record);

/** Runs a script of the data folder. */
function loadScript(name) {
  return new Promise((resolve, reject) => {
    const script = h('script', { src: `data/${name}.js`, onload: resolve, onerror: () => reject(new Error(`The file data/${name}.js is missing.`)) });
    document.head.append(script);
  });
}

async function staticRecord(id) {
  if (!records.has(id)) await loadScript(id);
  return records.get(id);
}

function staticHead(record) {
  const last = summary.latents - 1;
  const step = (label, to, key) => to >= 0 && to <= last ? h('a', { class: 'button', href: href(`feature/${to}`), 'data-key': key }, label) : h('button', { type: 'button', disabled: true }, label);
  const number = h('input', { type: 'number', min: 0, max: last, class: 'narrow', placeholder: 'number', 'aria-label': 'Jump to latent', required: true });
  return h('div', { class: 'page-head' },
    h('div', {}, h('h1', { tabindex: '-1' }, `Latent ${record.id}`), explained(record)),
    h('div', { class: 'head-tools' },
      h('nav', { 'aria-label': 'Other latents', class: 'row' }, step('\u2190 Previous', record.id - 1, 'p'), step('Next \u2192', record.id + 1, 'n'),
      h('form', { class: 'row', onsubmit: event => { event.preventDefault(); go(href(`feature/${number.valueAsNumber}`)); } }, number, h('button', {}, 'Go'))),
      h('div', { class: 'row slim' }, copyButton('Copy link', () => location.href), saveButton('Download JSON', `latent-${record.id}.json`, () => JSON.stringify(record, null, 1)))));
}

async function staticFeature(main, id) {
  const record = await staticRecord(id);
  document.title = `Latent ${id} \u00b7 ${summary.model}`;
  const labelOf = other => Promise.resolve(labelOfRule(summary.labels[other]));
  show(main, staticHead(record),
    h('div', { class: 'stack' }, featureView(record, { labelOf, tokens: summary.tokens })));
}

/** The list of all latents, narrowed by words of their explanations. */
function staticList(main, words) {
  document.title = `Latents \u00b7 ${summary.model}`;
  const wanted = words.toLowerCase();
  const found = summary.labels.map((label, id) => [id, label]).filter(([, label]) => wanted === '' || label?.toLowerCase().includes(wanted) || String(id) === wanted.trim());
  const input = h('input', { type: 'search', value: words, 'aria-label': 'Words of an explanation', placeholder: 'words of an explanation', 'data-search': true });
  show(main,
    h('div', { class: 'page-head' }, h('div', {}, h('h1', { tabindex: '-1' }, summary.model),
      h('p', { class: 'lead' }, `${whole(summary.latents)} latents of ${summary.hook}, over ${whole(summary.tokens)} tokens.`))),
    h('div', { class: 'stack' },
      h('form', { class: 'row', onsubmit: event => { event.preventDefault(); go(href('latents', { q: input.value })); } }, h('div', { class: 'grow' }, input), h('button', {}, 'Search')),
      h('ul', { class: 'stack' }, found.slice(0, 500).map(([id, label]) => h('li', {}, latentLink(id), ' ', h('span', { dir: 'auto', 'data-tip': label }, shortened(label ?? ''))))),
      found.length === 0 && h('p', { class: 'notice' }, 'No latent has these words or this number.'),
      found.length > 500 && h('p', { class: 'muted small' }, `The first 500 of ${whole(found.length)}.`)));
}

async function staticOpen() {
  const main = document.getElementById('main');
  try {
    if (!summary) await loadScript('summary');
    const { name, parts, params } = parseRoute(location.hash);
    const known = name === 'feature' && /^\d+$/.test(parts[0] ?? '') && Number(parts[0]) < summary.latents;
    if (known) await staticFeature(main, Number(parts[0]));
    else staticList(main, params.get('q') ?? '');
    if (!known && name === 'feature') main.prepend(h('p', { class: 'notice', role: 'status' }, `There is no latent ${parts[0] ?? ''}; there are 0 to ${summary.latents - 1}.`));
    else if (!['', 'feature', 'latents'].includes(name)) main.prepend(h('p', { class: 'notice', role: 'status' }, `There is no page ${name}; this is the list of latents.`));
    scrollTo(0, 0);
  } catch (error) {
    show(main, h('p', { class: 'notice bad', role: 'alert' }, error.message));
  }
}

function staticKeys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input')) return;
  if (event.key === '/') { go(href('latents')); setTimeout(() => document.querySelector('[data-search]')?.focus(), 50); event.preventDefault(); }
  else if (event.key === 'n' || event.key === 'p') document.querySelector(`[data-key="${event.key}"]`)?.click();
}

startTooltips();
startThemeButton(document.getElementById('theme'));
document.addEventListener('keydown', staticKeys);
addEventListener('hashchange', staticOpen);
staticOpen();
