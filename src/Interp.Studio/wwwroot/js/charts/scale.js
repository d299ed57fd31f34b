// Scales and axes that all charts share.
import { svg } from '../dom.js';
import { short } from '../format.js';

/** A linear scale from a domain to a range. */
export function linear([from, to], [start, end]) {
  const span = to - from || 1;
  return value => start + (value - from) / span * (end - start);
}

/** A logarithmic scale from a domain above 0 to a range. */
export function logarithmic([from, to], range) {
  const scale = linear([Math.log2(from), Math.log2(to)], range);
  return value => scale(Math.log2(value));
}

/** The powers of two of a domain, at most about `count` of them. */
export function powersOfTwo(from, to, count) {
  const [low, high] = [Math.ceil(Math.log2(from)), Math.floor(Math.log2(to))];
  const step = Math.max(1, Math.ceil((high - low) / count));
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => 2 ** (low + index * step));
}

/** Round numbers that cover a domain. */
export function ticks(from, to, count = 5) {
  const rough = (to - from) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  const marks = [];
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to + step * 1e-9; index++) marks.push(index * step);
  return marks;
}

/** The domain of values with a little room, never empty. */
export function domain(values, room = 0.05) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = (high - low) * room || Math.abs(high) * 0.1 || 1;
  return [low - pad, high + pad];
}

/** The horizontal axis with its marks and title. */
export function axisBelow(x, marks, { left, right, y, title }) {
  return svg('g', { 'aria-hidden': 'true' },
    svg('line', { class: 'axis', x1: left, x2: right, y1: y, y2: y }),
    marks.map(mark => svg('text', { x: x(mark), y: y + 15, 'text-anchor': 'middle' }, short(mark))),
    title && svg('text', { x: (left + right) / 2, y: y + 32, 'text-anchor': 'middle' }, title));
}

/** Horizontal lines with their values at the left. */
export function gridLeft(y, marks, { left, right }) {
  return svg('g', { 'aria-hidden': 'true' }, marks.map(([mark, text]) => [
    svg('line', { class: 'grid', x1: left, x2: right, y1: y(mark), y2: y(mark) }),
    svg('text', { x: left - 6, y: y(mark) + 3.5, 'text-anchor': 'end' }, text)]));
}

/** Keeps a chart as wide as its place: `draw(width)` gives the SVG. */
export function responsive(figure, draw) {
  let drawn = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width < 40 || width === drawn) return;
    drawn = width;
    figure.querySelector('svg')?.remove();
    figure.append(draw(width));
  }).observe(figure);
  return figure;
}
