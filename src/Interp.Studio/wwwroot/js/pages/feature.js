// Feature: all that the atlas knows of one latent, and a box to test it on a text.
import { getJson, postJson } from '../api.js';
import { announce, h, show } from '../dom.js';
import { whole } from '../format.js';
import { legend } from '../heatmap.js';
import { explained, featureView, labelOfRecord } from '../feature/view.js';
import { copyButton, saveButton } from '../parts/copy.js';
import { heatRows } from '../parts/examples.js';
import { field, submitOnCtrlEnter, textArea } from '../parts/fields.js';
import { labelOf, recordOf } from '../parts/labels.js';
import { loader } from '../parts/notice.js';
import { openToken } from '../parts/token-panel.js';
import { amend, go, href } from '../router.js';
import { studio } from '../studio.js';

export const featurePage = {
  title: route => route.parts[0] ? `Latent ${route.parts[0]}` : 'Feature',

  mount(root) {
    const head = h('div', { class: 'page-head' });
    const body = h('div', { class: 'stack' });
    show(root, head, body);
    const load = loader(body);
    let shown = null;

    return async route => {
      const wanted = route.parts[0];
      if (wanted === undefined) { amend(href(`feature/${await firstLatent()}`)); dispatchEvent(new HashChangeEvent('hashchange')); return; }
      const text = route.params.get('text') ?? '';
      if (shown?.id === wanted) { shown.test(text); return; }
      shown = null;
      show(head, h('div', {}, h('h1', { tabindex: '-1' }, `Latent ${wanted}`)), walker(Number(wanted), text));
      await load(`Reading latent ${wanted} from the atlas.`, async signal => {
        if (!/^\d+$/.test(wanted)) throw new Error(`A latent is named by its number, not by ${JSON.stringify(wanted)}.`);
        const record = await recordOf(Number(wanted), signal);
        const box = testBox(record);
        const test = text => { show(head, title(record), h('div', { class: 'head-tools' }, walker(record.id, text), actions(record))); box.test(text); };
        shown = { id: wanted, test };
        test(text);
        announce(`Latent ${record.id}: ${labelOfRecord(record)?.short ?? 'no explanation'}`);
        return featureView(record, { labelOf, tokens: studio.atlas?.tokens, onToken: openToken }, [box.element]);
      });
    };
  },
};

const title = record => h('div', {}, h('h1', { tabindex: '-1' }, `Latent ${record.id}`), explained(record));

async function firstLatent() {
  const { features } = await getJson('features?sort=max&limit=1');
  return features[0]?.id ?? 0;
}

/** Previous, next, random, and a number to jump to; the tested text goes along. */
function walker(id, text) {
  const to = latent => href(`feature/${latent}`, { text });
  const latents = studio.latents ?? Infinity;
  const step = (label, latent, key) => latent >= 0 && latent < latents
    ? h('a', { class: 'button', href: to(latent), 'data-key': key, 'data-tip': `Latent ${latent} (${key})` }, label)
    : h('button', { type: 'button', disabled: true }, label);
  const number = h('input', { type: 'number', min: 0, max: Number.isFinite(latents) ? latents - 1 : null, class: 'narrow', 'aria-label': 'Jump to latent', placeholder: 'number', required: true });
  return h('nav', { 'aria-label': 'Other latents', class: 'row' },
    step('\u2190 Previous', id - 1, 'p'), step('Next \u2192', id + 1, 'n'),
    h('button', { type: 'button', 'data-key': 'r', 'data-tip': 'A random latent (r)', onclick: () => go(to(Math.floor(Math.random() * (studio.latents ?? 1)))) }, 'Random'),
    h('form', { class: 'row', onsubmit: event => { event.preventDefault(); go(to(number.valueAsNumber)); } }, number, h('button', {}, 'Go')));
}

function actions(record) {
  return h('div', { class: 'row slim' },
    record.max > 0 && h('a', { class: 'button', href: href('steer', { f: `${record.id}:1` }) }, 'Steer with it'),
    h('a', { class: 'button', href: href('search', { kind: 'direction', id: record.id }) }, 'Similar directions'),
    copyButton('Copy vector', async () => JSON.stringify((await getJson(`features/${record.id}/vector`)).decoder)),
    copyButton('Copy link', () => location.href),
    saveButton('Download JSON', `latent-${record.id}.json`, () => JSON.stringify(record, null, 1)));
}

/** The box that shows how the latent fires on one's own text. */
function testBox(record) {
  const text = textArea('text', { rows: 1, class: 'text low', placeholder: 'One text per line' });
  const result = h('div', { 'aria-live': 'polite' });
  const load = loader(result);
  const form = h('form', { class: 'stack', onsubmit: event => { event.preventDefault(); go(href(`feature/${record.id}`, { text: text.value })); } },
    h('div', { class: 'row end' }, h('div', { class: 'grow' }, field('Test a text', text)), h('button', { class: 'primary', 'data-tip': 'Ctrl+Enter' }, 'Test')), result);
  submitOnCtrlEnter(form);
  async function test(value) {
    text.value = value;
    const texts = value.split('\n').filter(line => line.trim());
    if (texts.length === 0) { show(result); return; }
    await load('Running the model.', async signal => {
      const answer = await postJson(`features/${record.id}/test`, { texts }, signal);
      const fired = answer.texts.filter(row => row.values.some(value => value !== 0)).length;
      announce(`It fires on ${whole(fired)} of ${whole(texts.length)} texts.`);
      return [h('p', { class: 'spread small muted' }, `It fires on ${whole(fired)} of ${whole(texts.length)}.`, legend(record.max)),
        heatRows(answer.texts, record.max, { name: 'Text', onToken: openToken })];
    });
  }
  return { element: h('section', { class: 'panel', 'aria-label': 'Test a text' }, form), test };
}
