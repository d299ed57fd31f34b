// Steer: continuations with and without chosen latents set, and how much each dose does.
import { postJson, postLines } from '../api.js';
import { announce, h, show } from '../dom.js';
import { check, choice, field, fillForm, formParams, numberInput, submitOnCtrlEnter, textArea, textInput } from '../parts/fields.js';
import { copyButton } from '../parts/copy.js';
import { doseView } from '../parts/dose.js';
import { failure, loader } from '../parts/notice.js';
import { featureRows } from '../parts/steered-features.js';
import { go, href } from '../router.js';

const defaults = { prompt: '', tokens: '40', seed: '0', temperature: '0', positions: 'notSpecial', keepError: true, strengths: '0, 0.5, 1, 2, 4, 8' };

export const steerPage = {
  title: () => 'Steer',

  mount(root) {
    const features = featureRows();
    const form = inputs(features);
    const results = h('section', { class: 'stack', 'aria-label': 'Continuations' });
    const dose = h('section', { class: 'section stack', 'aria-label': 'Dose and response' });
    const doseResult = h('div', {});
    const loadDose = loader(doseResult);
    let running = null;
    let [written, measured] = [null, null];
    show(root,
      h('div', { class: 'page-head' }, h('div', {}, h('h1', { tabindex: '-1' }, 'Steer'),
        h('p', { class: 'lead' }, 'Set latents to a strength while the model writes, and compare with what it writes by itself.'))),
      h('div', { class: 'split' }, h('div', { class: 'side' }, form), h('div', { class: 'stack wide-gap' }, results, dose)));
    show(dose, h('h2', {}, 'Dose and response'), h('form', { class: 'row end', onsubmit: event => { event.preventDefault(); submit({ dose: '1', run: written === keyOf(recipeOf(form, features)) ? '1' : null }); } },
      h('div', { class: 'grow' }, field('Strengths of the first latent, in its unit and mode', form.strengths)), h('button', {}, 'Measure')), doseResult);
    const submit = more => go(href('steer', { ...formParams(form, defaults), strengths: strengthsParam(form), f: features.param(), ...more }));
    const keyOf = (recipe, strengths) => JSON.stringify([recipe, strengths]);
    form.addEventListener('submit', event => {
      event.preventDefault();
      submit({ run: '1', dose: measured === keyOf(recipeOf(form, features), form.strengths.value) ? '1' : null });
    });

    // What stands there already for the same settings stays: measuring keeps the texts, and steering the curves.
    return async route => {
      const sentences = features.read(route.params.get('f') ?? '');
      fillForm(form, route.params, defaults, { known: ['f', 'strengths', 'run', 'dose'], sentences });
      form.strengths.value = route.params.get('strengths') ?? defaults.strengths;
      const recipe = recipeOf(form, features);
      const [run, dose] = ['run', 'dose'].map(name => route.params.get(name) === '1');
      if (!run || written !== keyOf(recipe)) { running?.abort(); written = null; show(results); }
      if (!dose || measured !== keyOf(recipe, form.strengths.value)) { loadDose.stop(); measured = null; show(doseResult); }
      if (!recipe.prompt.trim() || recipe.features.length === 0) { show(results, h('p', { class: 'notice' }, 'Write a prompt and name a latent; a latent\u2019s page has a button that brings it here.')); return; }
      if (run && written === null) {
        running = new AbortController();
        if (await continuations(results, recipe, running.signal)) written = keyOf(recipe);
      }
      if (dose && measured === null) {
        const strengths = form.strengths.value;
        if (await loadDose('Measuring each strength.', signal => measure(recipe, strengths, signal))) measured = keyOf(recipe, strengths);
      }
    };
  },
};

function inputs(features) {
  const form = h('form', { class: 'stack', 'aria-label': 'What to steer' },
    field('Prompt', textArea('prompt', { rows: 3 }), 'Ctrl+Enter runs.'),
    features.element,
    h('div', { class: 'pair' },
      field('New tokens', numberInput('tokens', { min: 1, max: 512, step: 1 })),
      field('Positions', choice('positions', [['notSpecial', 'all but special'], ['all', 'all'], ['generated', 'generated only']])),
      field('Temperature', numberInput('temperature', { min: 0, max: 2, step: 0.01 }), '0 takes the likeliest'),
      field('Seed', numberInput('seed', { min: 0, step: 1 }))),
    check('Keep the error term', 'keepError', 'What the dictionary does not reconstruct stays as it was.'),
    h('button', { class: 'primary' }, 'Steer'));
  form.strengths = textInput('strengths', { inputmode: 'text' });
  submitOnCtrlEnter(form);
  return form;
}

const strengthsParam = form => form.strengths.value === defaults.strengths ? null : form.strengths.value;

function recipeOf(form, features) {
  const { prompt, tokens, seed, temperature, positions, keepError } = form.elements;
  return { prompt: prompt.value, features: features.values(), tokens: Number(tokens.value), seed: Number(seed.value), temperature: Number(temperature.value), positions: positions.value, keepError: keepError.checked };
}

/** Whether both were written to their end. */
async function continuations(results, recipe, signal) {
  const sides = { plain: continuation('Plain', recipe.prompt), steered: continuation('Steered', recipe.prompt) };
  const after = h('div', { class: 'stack' });
  show(results, h('div', { class: 'columns' }, sides.plain.element, sides.steered.element), after);
  results.setAttribute('aria-busy', 'true');
  try {
    await postLines('steer/stream', recipe, signal, line => {
      if (line.error) throw new Error(line.error);
      if (line.side) sides[line.side].add(line.token);
      else if (line.done) show(after, recipeView(line));
    });
    announce(`Plain: ${sides.plain.text()} Steered: ${sides.steered.text()}`);
    return true;
  } catch (error) {
    if (error.name !== 'AbortError') show(after, failure(error));
    return false;
  } finally {
    results.removeAttribute('aria-busy');
  }
}

function continuation(name, prompt) {
  const written = h('span', { class: 'written' });
  return {
    element: h('article', { class: 'card' }, h('h2', {}, name), h('p', { class: 'heat', dir: 'auto' }, h('span', { class: 'muted' }, prompt), written)),
    add: token => written.append(token),
    text: () => written.textContent,
  };
}

function recipeView({ recipe, fsharp }) {
  const json = JSON.stringify(recipe, null, 2);
  const block = (title, text) => h('div', { class: 'stack' },
    h('div', { class: 'spread' }, h('h3', {}, title), copyButton('Copy', () => text)),
    h('pre', { class: 'code', tabindex: '0', role: 'region', 'aria-label': title }, text));
  return h('details', {}, h('summary', {}, 'The recipe, to reproduce this text'), h('div', { class: 'stack' }, fsharp && block('F#', fsharp), block('JSON', json)));
}

async function measure(recipe, written, signal) {
  const strengths = written.split(/[\s,;]+/).filter(Boolean).map(Number);
  if (strengths.length === 0 || strengths.some(Number.isNaN)) throw new Error('Strengths are numbers separated by commas.');
  const [{ id, unit, mode }] = recipe.features;
  const { prompt, tokens, seed, temperature, positions, keepError } = recipe;
  const { points } = await postJson('dose', { prompt, feature: id, unit, mode, strengths, tokens, seed, temperature, positions, keepError }, signal);
  announce(`${points.length} strengths measured.`);
  return doseView(points, unit);
}
