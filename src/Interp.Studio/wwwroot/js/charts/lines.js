// One measured quantity against another: a line with a dot at each measurement, which can be chosen.
import { h, svg } from '../dom.js';
import { short } from '../format.js';
import { roving } from '../roving.js';
import { axisBelow, domain, gridLeft, linear, responsive, ticks } from './scale.js';

/**
 * @param {{x: number, y: number}[]} points in the order of x
 * @param {{title: string, hint?: string, xTitle: string, log?: boolean, chosen?: number, onChoose?: (index: number) => void}} options
 */
export function lineChart(points, options) {
  const caption = h('figcaption', {}, options.title, options.hint && h('span', { class: 'hint' }, ` ${options.hint}`));
  return responsive(h('figure', {}, caption), width => drawLines(points, options, width));
}

function drawLines(points, { title, xTitle, log, chosen, onChoose }, width) {
  const [left, right, top, bottom, height] = [44, width - 10, 10, 138, 178];
  const scaled = value => value === null ? NaN : log ? Math.log10(value) : value;
  const xs = points.map(point => point.x);
  const known = points.map((point, index) => ({ ...point, index })).filter(point => Number.isFinite(scaled(point.y)));
  const [low, high] = domain(known.map(point => scaled(point.y)), 0.08);
  const x = linear([Math.min(...xs), Math.max(...xs)], [left + 6, right - 6]);
  const y = linear([low, high], [bottom, top]);
  const dots = known.map(point => {
    const text = `${xTitle} ${short(point.x)}: ${title} ${short(point.y)}`;
    return svg('circle', {
      class: point.index === chosen ? 'dot chosen' : 'dot', role: onChoose ? 'button' : 'img', 'aria-label': text, 'data-tip': text,
      cx: x(point.x), cy: y(scaled(point.y)), r: 4.5,
      onclick: () => onChoose?.(point.index),
      onkeydown: event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); onChoose?.(point.index); } },
    });
  });
  const chart = svg('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, height, role: 'group', 'aria-label': `${title} against ${xTitle}` },
    gridLeft(y, ticks(low, high, 4).map(mark => [mark, short(log ? 10 ** mark : mark)]), { left, right }),
    axisBelow(x, ticks(Math.min(...xs), Math.max(...xs), Math.max(3, width / 55)), { left, right, y: bottom, title: xTitle }),
    svg('polyline', { class: 'line', points: known.map(point => `${x(point.x)},${y(scaled(point.y))}`).join(' ') }),
    dots);
  roving(chart, dots);
  return chart;
}
