// Form fields with their labels and hints.
import { h } from '../dom.js';
import { quoted } from '../format.js';

let fieldNumber = 0;

/** A labelled control; the hint is read with it, and what stands beside is at the label's other end. */
export function field(label, control, hint, beside) {
  const id = control.id || `field-${++fieldNumber}`;
  control.id = id;
  if (hint) control.setAttribute('aria-describedby', `${id}-hint`);
  return h('div', { class: 'field' }, h('div', { class: 'spread' }, h('label', { for: id }, label), beside), control,
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint));
}

/** A check box with its label behind it. */
export function check(label, name, hint) {
  const input = h('input', { type: 'checkbox', name });
  return h('label', { class: 'check' }, input, h('span', {}, label, hint && h('span', { class: 'hint' }, ` ${hint}`)));
}

/** One of a few, as a row of radio buttons. */
export function segments(legend, name, options) {
  return h('fieldset', { class: 'field' }, h('legend', {}, legend),
    h('div', { class: 'segments' }, options.map(([value, text], index) =>
      h('label', {}, h('input', { type: 'radio', name, value, checked: index === 0 }), text))));
}

export const textArea = (name, attributes) => h('textarea', { name, class: 'text', dir: 'auto', rows: 4, spellcheck: 'false', ...attributes });

export const numberInput = (name, attributes) => h('input', { type: 'number', name, inputmode: 'decimal', step: 'any', ...attributes });

export const textInput = (name, attributes) => h('input', { type: 'text', name, dir: 'auto', autocomplete: 'off', spellcheck: 'false', ...attributes });

export const choice = (name, options) => h('select', { name }, options.map(([value, text]) => h('option', { value }, text)));

/**
 * Writes an address's values into a form; a name that is missing gets its default. What the address says and the form cannot take is told in
 * the form, with the sentences of the page itself: `known` are names of the address that are none of the form's.
 */
export function fillForm(form, params, defaults, { known = [], sentences = [] } = {}) {
  const told = [...sentences];
  for (const [name, standard] of Object.entries(defaults)) {
    const control = form.elements[name];
    if (!control) continue;
    const value = params.get(name);
    if (value !== null && takes(control, value)) continue;
    if (value === null || !rounded(control, value)) takes(control, standard);
    if (value !== null) told.push(`${nameOf(control)} cannot be ${quoted(value)}, as the link says; ${control.value === '' ? 'it is left out' : `it is ${shownOf(control)}`}.`);
  }
  for (const name of new Set(params.keys())) {
    if (!(name in defaults) && !known.includes(name)) told.push(`The link says ${quoted(name)}, which this page does not know; it is left out.`);
  }
  form.querySelector(':scope > .told')?.remove();
  if (told.length > 0) form.prepend(h('p', { class: 'notice told', role: 'status' }, told.join(' ')));
}

/** Sets a control; false where it cannot hold the value. */
function takes(control, value) {
  if (control.type === 'checkbox') {
    control.checked = value === true || value === '1';
    return typeof value === 'boolean' || value === '0' || value === '1';
  }
  const isNumber = control.type === 'number' || control.type === 'range';
  if (isNumber && !Number.isFinite(Number(value))) return false;
  control.value = String(value);
  if (isNumber) return control.value === '' ? value === '' : Number(control.value) === Number(value) && control.validity.valid;
  return control instanceof RadioNodeList || control instanceof HTMLSelectElement ? control.value === String(value) : true;
}

/** Whether a slider stands at the value's nearest step. */
const rounded = (control, value) => control.type === 'range' && value.trim() !== '' && Number(value) >= Number(control.min) && Number(value) <= Number(control.max);

/** What a control says of its value. */
function shownOf(control) {
  if (control.type === 'checkbox') return control.checked ? 'on' : 'off';
  if (control instanceof RadioNodeList) return quoted([...control].find(option => option.checked).parentElement.textContent);
  return control instanceof HTMLSelectElement ? quoted(control.selectedOptions[0].textContent) : control.value;
}

const nameOf = control => control instanceof RadioNodeList ? control[0].closest('fieldset').querySelector('legend').textContent : (control.labels[0]?.querySelector('span') ?? control.labels[0])?.firstChild.textContent ?? control.name;

/** The values of a form that differ from their defaults, for its address. */
export function formParams(form, defaults) {
  const params = {};
  for (const [name, standard] of Object.entries(defaults)) {
    const control = form.elements[name];
    if (!control) continue;
    if (control.type === 'checkbox') { if (control.checked !== standard) params[name] = control.checked ? '1' : '0'; }
    else if (control.value !== String(standard)) params[name] = control.value;
  }
  return params;
}

/** Ctrl+Enter in a text area submits its form. */
export function submitOnCtrlEnter(form) {
  form.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  });
}

/** The sentences of a text: one per line, or separated by semicolons. */
export const sentencesOf = text => text.split(/[\n;]/).map(line => line.trim()).filter(Boolean);
