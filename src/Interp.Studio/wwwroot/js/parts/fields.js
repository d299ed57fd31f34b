// Form fields with their labels and hints.
import { h } from '../dom.js';

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

/** Writes an address's values into a form; a name that is missing gets its default. */
export function fillForm(form, params, defaults) {
  for (const [name, standard] of Object.entries(defaults)) {
    const value = params.get(name) ?? standard;
    const control = form.elements[name];
    if (!control) continue;
    if (control.type === 'checkbox') control.checked = value === true || value === '1';
    else control.value = String(value);
  }
}

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
