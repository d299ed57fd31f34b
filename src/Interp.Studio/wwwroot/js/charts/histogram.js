// The histogram of a latent's activations. Its bins widen with the value, so the axis is logarithmic; so are the counts,
// so that the rare strong ones can be seen.
import { h, svg } from '../dom.js';
import { counted, short, whole } from '../format.js';
import { roving } from '../roving.js';
import { axisBelow, gridLeft, linear, logarithmic, powersOfTwo, responsive } from './scale.js';

/** @param {{from: number, to: number, count: number}[]} bins */
export function histogram(bins, title) {
  return responsive(h('figure', { class: 'histogram' }, h('figcaption', {}, title)), width => drawHistogram(bins, width));
}

function drawHistogram(bins, width) {
  const [left, right, top, bottom, height] = [44, width - 6, 8, 148, 186];
  const most = Math.max(1, ...bins.map(bin => bin.count));
  const decades = Math.max(1, Math.ceil(Math.log10(most)));
  const [from, to] = [bins[0].from, bins.at(-1).to];
  const x = logarithmic([from, to], [left, right]);
  const y = linear([-0.3, decades], [bottom, top]);
  const bars = bins.filter(bin => bin.count > 0).map(bin => {
    const text = `${short(bin.from)} to ${short(bin.to)}: ${counted(bin.count, 'token')}`;
    const height = y(Math.log10(bin.count));
    return svg('rect', {
      class: 'bar', role: 'img', 'aria-label': text, 'data-tip': text,
      x: x(bin.from) + 0.5, width: Math.max(1, x(bin.to) - x(bin.from) - 1), y: height, height: bottom - height,
    });
  });
  const chart = svg('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, height, role: 'group', 'aria-label': 'Activation histogram, logarithmic counts' },
    gridLeft(y, Array.from({ length: decades + 1 }, (_, power) => [power, whole(10 ** power)]), { left, right }),
    bars,
    axisBelow(x, powersOfTwo(from, to, width / 60), { left, right, y: bottom, title: 'activation (log)' }));
  roving(chart, bars);
  return chart;
}
