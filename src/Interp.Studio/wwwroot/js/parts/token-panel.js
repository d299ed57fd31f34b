// The latents that fire most on one token of a text, opened under its row.
import { postJson } from '../api.js';
import { announce, h } from '../dom.js';
import { percent, quoted, short } from '../format.js';
import { barList, latentNamed } from './latent.js';
import { labelOf } from './labels.js';
import { loader } from './notice.js';

const readings = new Map();

/** Opens the panel under a heat-map's row, or closes it when it is open for this token. */
export async function openToken(row, index, token, line) {
  const open = line.parentElement.querySelector('.token-panel');
  open?.remove();
  if (open && open.dataset.at === String(index) && open.previousSibling === line) return;
  const content = h('div', {});
  const close = () => { panel.remove(); token.focus(); };
  const panel = h('section', { class: 'token-panel', 'data-at': index, 'aria-label': `Top latents at ${quoted(row.tokens[index])}`,
    onkeydown: event => { if (event.key === 'Escape') { event.stopPropagation(); close(); } } },
    h('div', { class: 'spread' }, h('h3', {}, 'Top latents at ', h('bdi', {}, quoted(row.tokens[index]))),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', onclick: close }, '\u00d7')), content);
  line.after(panel);
  await loader(content)('Reading the token.', async signal => {
    const reading = await read(row.text ?? row.tokens.join(''), signal);
    const found = reading.tokens[index] ?? { top: [] };
    announce(`${found.top.length} latents fire on ${quoted(row.tokens[index])}`);
    if (found.top.length === 0) return h('p', { class: 'muted' }, 'No latent fires on this token.');
    return barList(found.top.map(({ id, value, share }) => [latentNamed(id, labelOf), share ?? 0, share === null ? short(value) : `${short(value)} \u00b7 ${percent(share)} of max`]));
  });
}

async function read(text, signal) {
  if (!readings.has(text)) {
    if (readings.size > 50) readings.clear();
    readings.set(text, await postJson('tokens', { text }, signal));
  }
  return readings.get(text);
}
