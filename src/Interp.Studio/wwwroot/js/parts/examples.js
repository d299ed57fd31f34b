// Texts on which a latent fires, as heat-maps on the latent's one scale.
import { h } from '../dom.js';
import { short, tabular } from '../format.js';
import { heatmap } from '../heatmap.js';

/**
 * Rows of {tokens, values, value?, focus?}; the largest value stands at the end of each. Compact rows run over line ends, which
 * stay visible as marks.
 */
export function heatRows(rows, max, { name, contrast = false, compact = false, onToken } = {}) {
  return h('div', { class: ['heat-rows', contrast && 'contrast', compact && 'compact'].filter(Boolean).join(' ') }, rows.map((row, index) => {
    const largest = row.value ?? row.values.reduce((most, value) => Math.abs(value) > Math.abs(most) ? value : most, 0);
    const label = `${name} ${index + 1}, largest activation ${short(largest)}: ${row.tokens.join('')}`;
    const line = h('div', { class: 'heat-row' },
      heatmap(row.tokens, row.values, max, { label, focus: row.focus, onToken: onToken && ((token, element) => onToken(row, token, element, line)) }),
      h('span', { class: 'value', 'data-tip': 'Largest activation in this text' }, tabular(largest)));
    return line;
  }));
}
