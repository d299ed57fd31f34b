// Two measures of the same things against each other, on one scale, with the line on which they agree.
import { h, svg } from '../dom.js';
import { roving } from '../roving.js';
import { short } from '../format.js';
import { axisBelow, domain, gridLeft, linear, responsive, ticks } from './scale.js';

/** @param {{x: number, y: number, text: string, href: string}[]} points */
export function scatter(points, { title, xTitle, yTitle }) {
  const caption = h('figcaption', {}, title, h('span', { class: 'hint' }, ` ${yTitle} (upwards) against ${xTitle}; on the dashed line both agree`));
  return responsive(h('figure', {}, caption), width => drawScatter(points, { title, xTitle }, width));
}

function drawScatter(points, { title, xTitle }, width) {
  const height = Math.min(360, Math.max(240, width * 0.6));
  const [left, right, top, bottom] = [48, width - 10, 10, height - 40];
  const [low, high] = domain([0, ...points.flatMap(point => [point.x, point.y])], 0.08);
  const x = linear([low, high], [left, right]);
  const y = linear([low, high], [bottom, top]);
  const dots = points.map(point => svg('circle', { class: 'dot', cx: x(point.x), cy: y(point.y), r: 5, role: 'img', 'aria-label': point.text, 'data-tip': point.text }));
  const chart = svg('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, height, role: 'group', 'aria-label': title },
    gridLeft(y, ticks(low, high, 5).map(mark => [mark, short(mark)]), { left, right }),
    axisBelow(x, ticks(low, high, Math.max(2, width / 90)), { left, right, y: bottom, title: xTitle }),
    svg('line', { class: 'identity', x1: x(low), y1: y(low), x2: x(high), y2: y(high) }),
    dots);
  roving(chart, dots);
  return chart;
}
