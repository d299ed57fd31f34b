// Map: the dictionary in the plane, near things alike. Drawn on a canvas; the chosen latent is told beside it.
import { getJson } from '../api.js';
import { announce, h, show } from '../dom.js';
import { percent, quoted, short, whole } from '../format.js';
import { pointCloud } from '../charts/cloud.js';
import { heatRows } from '../parts/examples.js';
import { choice, field, fillForm, formParams, textInput } from '../parts/fields.js';
import { recordOf } from '../parts/labels.js';
import { latentLink } from '../parts/latent.js';
import { loader } from '../parts/notice.js';
import { openToken } from '../parts/token-panel.js';
import { labelOfRecord } from '../feature/view.js';
import { amend, go, href } from '../router.js';
import { studio } from '../studio.js';

const defaults = { q: '', colour: 'density' };
const scales = {
  density: { name: 'density', place: Math.log10, say: percent, hint: ', logarithmic' },
  max: { name: 'maximum', place: max => max, say: short, hint: '' },
};

export const mapPage = {
  title: () => 'Map',

  mount(root) {
    const form = h('form', { class: 'row end', 'aria-label': 'What the map shows' },
      h('div', { class: 'grow' }, field('Show where', textInput('q', { type: 'search', 'data-search': true, placeholder: 'words of an explanation' }))),
      field('Colour', choice('colour', [['density', 'density (log)'], ['max', 'maximum']])), h('button', {}, 'Show'));
    const place = h('div', {});
    const said = h('p', {});
    const chosen = h('section', { class: 'stack', 'aria-label': 'Chosen latent', 'aria-live': 'polite' }, h('p', { class: 'muted' }, 'Choose a point, or focus the map and use the arrow keys.'));
    const load = loader(place);
    const loadChosen = loader(chosen);
    let points = null;
    let cloud = null;
    let selected = null;
    show(root,
      h('div', { class: 'page-head' }, h('div', {}, h('h1', { tabindex: '-1' }, 'Map'),
        h('p', { class: 'lead' }, 'Every latent at the first two principal components of the decoder directions, the two axes along which they differ most. What writes alike lies close together; what lies close may still differ in the other dimensions.'))),
      h('div', { class: 'map-body' }, h('div', { class: 'stack' }, form, place), chosen));
    const address = id => href('map', { ...formParams(form, defaults), id });
    form.addEventListener('submit', event => { event.preventDefault(); go(address(selected)); });
    form.addEventListener('change', event => { if (event.target.matches('select')) form.requestSubmit(); });

    const zoomButton = (text, label, factor) => h('button', { type: 'button', 'aria-label': label, onclick: () => cloud.zoom(factor) }, text);

    const choose = id => {
      if (id === selected) return;
      selected = id;
      amend(address(id));
      return loadChosen(`Reading latent ${id}.`, async signal => about(await recordOf(id, signal)));
    };

    return async route => {
      const id = route.params.get('id');
      const unknown = id !== null && !(/^\d+$/.test(id) && Number(id) < (studio.latents ?? Infinity));
      fillForm(form, route.params, defaults, { known: ['id'], sentences: unknown ? [`The link says the latent ${quoted(id)}, which there is not.`] : [] });
      const { q, colour } = form.elements;
      if (!cloud) {
        const drawn = await load('Reading the map.', async signal => {
          points = await getJson('map', signal);
          if (points.x.length === 0) throw new Error('This atlas has no map.');
          const tip = id => `#${id} \u00b7 density ${percent(points.density[id])} \u00b7 max ${short(points.max[id])}`;
          cloud = pointCloud(points.x, points.y, { label: `Map of ${whole(points.x.length)} latents`, tip, onChoose: choose });
          return h('div', { class: 'stack' }, cloud.element,
            h('div', { class: 'spread' }, h('div', { class: 'muted small' }, said,
              h('p', {}, 'Across: the first component. Up: the second. Hollow: dead in the atlas. Ringed: found by the words. Wheel, + and \u2212 zoom, dragging moves.')),
              h('div', { class: 'row slim' }, zoomButton('\u2212', 'Zoom out', 1 / 1.4), zoomButton('+', 'Zoom in', 1.4))));
        });
        if (!drawn) return;
      }
      const scale = scales[colour.value];
      const values = points[colour.value];
      cloud.colour(values.map(value => value > 0 ? scale.place(value) : null));
      show(said, colourKey(scale, values.filter(value => value > 0)));
      const found = q.value.trim() ? (await getJson(`search?${new URLSearchParams({ q: q.value.trim(), limit: 200 })}`)).results.map(result => result.id) : [];
      cloud.mark(found);
      if (q.value.trim()) announce(`${found.length} latents found by ${q.value}`);
      if (id !== null && !unknown) { cloud.select(Number(id)); await choose(Number(id)); }
    };
  },
};

/** What the colours mean: the ends of the scale. */
function colourKey({ name, say, hint }, values) {
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  return values.length === 0 ? 'No latent fires.' : h('span', { class: 'legend' }, `Colour: ${name}${hint}`, h('span', {}, say(low)), h('span', { class: 'scale of-map' }), h('span', {}, say(high)));
}

function about(record) {
  return [h('h2', {}, latentLink(record.id), ' ', h('span', { class: 'plain', dir: 'auto', 'data-tip': labelOfRecord(record)?.whole }, labelOfRecord(record)?.short ?? 'no explanation')),
    h('p', { class: 'figures' }, h('span', {}, 'density ', h('b', {}, percent(record.density))), h('span', {}, 'max ', h('b', {}, short(record.max)))),
    heatRows(record.top.slice(0, 5), record.max, { name: 'Example', compact: true, onToken: openToken })];
}
