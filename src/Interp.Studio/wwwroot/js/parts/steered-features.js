// The latents that are steered: a row each, with strength, unit and mode; presets set them all.
import { h, show } from '../dom.js';
import { quoted } from '../format.js';
import { choice, field, numberInput } from './fields.js';
import { labelOf } from './labels.js';

const units = [['max', '\u00d7 its maximum'], ['norm', '\u00d7 residual norm'], ['raw', 'absolute']];
const modes = [['clamp', 'clamp to'], ['add', 'add']];
const presets = [['Ablate', 0, 'max', 'clamp'], ['1\u00d7 max', 1, 'max', 'clamp'], ['4\u00d7 max', 4, 'max', 'clamp'], ['Half the norm', 0.5, 'norm', 'add'], ['Against', -0.5, 'norm', 'add']];

/** {element, read(param), param(), values()}; the param is id:strength:unit:mode, several separated by commas. `read` gives a sentence for each part that is none. */
export function featureRows() {
  const list = h('div', { class: 'stack' });
  const rows = () => [...list.children].map(element => element.controls);
  const add = values => list.append(featureRow(values, () => { if (list.children.length === 0) add({}); }));
  const preset = ([, strength, unit, mode]) => {
    for (const controls of rows()) Object.assign(controls.strength, { value: strength }), controls.unit.value = unit, controls.mode.value = mode;
  };
  const values = () => rows().filter(({ id }) => id.value !== '').map(({ id, strength, unit, mode }) =>
    ({ id: Number(id.value), strength: Number(strength.value), unit: unit.value, mode: mode.value }));
  add({});
  return {
    element: h('fieldset', { class: 'stack' }, h('legend', {}, 'Latents'), list,
      h('div', { class: 'row slim', role: 'group', 'aria-label': 'Presets' }, presets.map(chosen => h('button', { type: 'button', onclick: () => preset(chosen) }, chosen[0]))),
      h('button', { type: 'button', class: 'fit', onclick: () => { add({}); list.lastChild.controls.id.focus(); } }, 'Another latent')),
    read: param => {
      show(list);
      const parts = param.split(',').filter(Boolean).map(part => [part, ...part.split(':')]);
      const wrong = parts.filter(([, id, strength = '1', unit = 'max', mode = 'clamp', more]) => more !== undefined || !/^\d+$/.test(id)
        || strength.trim() === '' || !Number.isFinite(Number(strength)) || !units.some(([name]) => name === unit) || !modes.some(([name]) => name === mode));
      for (const [, id, strength, unit, mode] of parts.filter(part => !wrong.includes(part))) add({ id, strength, unit, mode });
      if (list.children.length === 0) add({});
      return wrong.map(([part]) => `The link says the latent ${quoted(part)}, which is not number:strength:unit:mode; that is left out.`);
    },
    param: () => values().map(({ id, strength, unit, mode }) => `${id}:${strength}:${unit}:${mode}`).join(','),
    values,
  };
}

function featureRow({ id = '', strength = '1', unit = 'max', mode = 'clamp' }, removed) {
  const controls = { id: numberInput(null, { min: 0, step: 1, value: id }), strength: numberInput(null, { value: strength, required: true }), unit: choice(null, units), mode: choice(null, modes) };
  controls.unit.value = unit;
  controls.mode.value = mode;
  const about = h('p', { class: 'hint about-latent' });
  const say = async () => { about.textContent = controls.id.value === '' ? '' : await labelOf(Number(controls.id.value)).then(label => label?.short ?? 'no explanation', error => error.message); };
  controls.id.addEventListener('change', say);
  say();
  const element = h('div', { class: 'panel steered', role: 'group', 'aria-label': 'A latent' },
    h('div', { class: 'pair' }, field('Latent', controls.id), field('Strength', controls.strength), field('Mode', controls.mode), field('Unit', controls.unit)),
    h('div', { class: 'spread' }, about, h('button', { type: 'button', class: 'quiet', 'aria-label': 'Remove this latent', onclick: () => { element.remove(); removed(); } }, '\u00d7')));
  element.controls = controls;
  return element;
}
