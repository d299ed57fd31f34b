// A text as a heat-map: one span per token, joined as written, coloured on one scale from 0 to the latent's maximum.
// The value stands in each token's tooltip and label. A row is one tab stop; arrow keys move through its tokens.
import { h } from './dom.js';
import { percent, quoted, short } from './format.js';
import { roving } from './roving.js';

/**
 * @param {string[]} tokens joined they are the text
 * @param {number[]} values one per token
 * @param {number} max the end of the scale
 * @param {{label: string, focus?: number, onToken?: (index: number, element: Element) => void}} options
 */
export function heatmap(tokens, values, max, { label, focus, onToken }) {
  const row = h('p', { class: 'heat', dir: 'auto', role: 'group', 'aria-label': label });
  const stops = [];
  let start = 0;
  let peak = -1;
  tokens.forEach((token, index) => {
    const span = tokenSpan(token, values[index], max, index === focus);
    if (onToken || values[index] !== 0) {
      span.setAttribute('role', onToken ? 'button' : 'img');
      span.setAttribute('aria-label', `${quoted(token)} ${described(values[index], max)}`);
      span.dataset.tip = described(values[index], max);
      if (values[index] > peak) { peak = values[index]; start = stops.length; }
      stops.push(span);
    }
    row.append(span);
  });
  roving(row, stops, start);
  if (onToken) listen(row, stops, onToken);
  return row;
}

/** The scale of a latent's heat-maps. */
export function legend(max) {
  return h('span', { class: 'legend', role: 'img', 'aria-label': `Colour scale from 0 to ${short(max)}, the latent's maximum in the atlas` },
    '0', h('span', { class: 'scale' }), short(max));
}

function described(value, max) {
  return max > 0 ? `${short(value)} (${percent(value / max)} of max)` : short(value);
}

function tokenSpan(token, value, max, isFocus) {
  const heat = max > 0 ? Math.min(1, Math.abs(value) / max) : 0;
  const classes = ['token', /^ \S+$/.test(token) && 'word', value > 0 && 'on', value < 0 && 'off', isFocus && 'peak'].filter(Boolean).join(' ');
  return h('span', { class: classes, 'data-mark': mark(token, value), '--v': heat > 0 ? heat.toFixed(3) : null }, token);
}

/** What stands for a token that cannot be seen: a line's end always, a space or half a character where it fires. */
function mark(token, value) {
  if (token.includes('\n')) return '\u21b5';
  if (token.includes('\t')) return '\u21e5';
  if (value === 0) return null;
  return token === '' ? '\u25cc' : token.trim() === '' ? '\u00b7' : null;
}

function listen(row, stops, onToken) {
  const act = event => {
    const index = stops.indexOf(event.target.closest('.token'));
    if (index >= 0) onToken(index, stops[index]);
  };
  row.addEventListener('click', act);
  row.addEventListener('keydown', event => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    act(event);
  });
}
