// Copying and saving, with a word of confirmation on the button itself.
import { announce, h } from '../dom.js';

/** A button that copies what `text()` gives or resolves to. */
export function copyButton(label, text) {
  const button = h('button', { type: 'button', onclick: copy }, label);
  async function copy() {
    let word = 'Copied';
    try { await navigator.clipboard.writeText(await text()); } catch { word = 'Not copied: the browser refused'; }
    button.textContent = word;
    announce(word);
    setTimeout(() => { button.textContent = label; }, 1600);
  }
  return button;
}

/** A button that saves a text as a file. */
export function saveButton(label, name, text) {
  return h('button', { type: 'button', onclick: save }, label);
  function save() {
    const address = URL.createObjectURL(new Blob([text()], { type: 'application/json' }));
    h('a', { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }
}
