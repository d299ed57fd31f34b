// Very many points in the plane on a canvas: zoom, drag, hover, choose; with the keyboard, arrows go to the next point
// in that direction, + and - zoom.
import { h } from '../dom.js';
import { tipAt } from '../tooltip.js';

/** {element, colour(values), mark(ids), select(id), zoom(factor)}; values are null for hollow points. */
export function pointCloud(xs, ys, { label, tip, onChoose }) {
  const canvas = h('canvas', { class: 'cloud', tabindex: '0', role: 'application', 'aria-roledescription': 'map', 'aria-label': `${label}; arrow keys choose, plus and minus zoom` });
  const view = fitted(xs, ys);
  const state = { values: xs.map(() => 0), marked: new Set(), selected: null, hovered: null };
  const place = index => [view.x + xs[index] * view.scale * view.zoom, view.y - ys[index] * view.scale * view.zoom];
  const draw = scheduled(() => paint(canvas, state, place, xs.length));
  const zoom = factor => { zoomAt(view, canvas.clientWidth / 2, canvas.clientHeight / 2, factor); draw(); };
  const choose = index => { state.selected = index; draw(); onChoose(index); };

  new ResizeObserver(() => { resize(canvas, view); draw(); }).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  listenPointer(canvas, view, draw, {
    hover: (x, y) => {
      const index = nearest(place, xs.length, x, y, 12);
      if (index !== state.hovered) { state.hovered = index; draw(); }
      const box = canvas.getBoundingClientRect();
      tipAt(index === null ? null : tip(index), box.left + x, box.top + y);
    },
    click: (x, y) => { const index = nearest(place, xs.length, x, y, 16); if (index !== null) choose(index); },
  });
  canvas.addEventListener('keydown', event => {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (direction) choose(onward(place, xs.length, state.selected, direction, canvas));
    else if (event.key === '+' || event.key === '=') zoom(1.4);
    else if (event.key === '-') zoom(1 / 1.4);
    else return;
    event.preventDefault();
  });
  return {
    element: canvas,
    colour: values => { state.values = ranked(values); draw(); },
    mark: ids => { state.marked = new Set(ids); draw(); },
    select: id => { state.selected = id; draw(); },
    zoom,
  };
}

/** Shares between 0 and 1 of the range of the values; null stays. */
function ranked(values) {
  const known = values.filter(value => value !== null);
  const low = known.reduce((least, value) => Math.min(least, value), Infinity);
  const high = known.reduce((most, value) => Math.max(most, value), -Infinity);
  return values.map(value => value === null ? null : (value - low) / (high - low || 1));
}

function fitted(xs, ys) {
  const range = values => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  return { xRange: range(xs), yRange: range(ys), x: 0, y: 0, scale: 1, zoom: 1 };
}

function resize(canvas, view) {
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const [[left, right], [low, high]] = [view.xRange, view.yRange];
  view.scale = Math.min((width - 24) / (right - left || 1), (height - 24) / (high - low || 1));
  view.zoom = 1;
  view.x = width / 2 - (left + right) / 2 * view.scale;
  view.y = height / 2 + (low + high) / 2 * view.scale;
}

function zoomAt(view, x, y, factor) {
  const zoom = Math.min(60, Math.max(1, view.zoom * factor));
  const real = zoom / view.zoom;
  view.x = x + (view.x - x) * real;
  view.y = y + (view.y - y) * real;
  view.zoom = zoom;
}

function paint(canvas, state, place, count) {
  const context = canvas.getContext('2d');
  const { color: fill, columnRuleColor: hollow, textDecorationColor: found, caretColor: chosen } = getComputedStyle(canvas);
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  const ring = (index, radius, stroke, width) => {
    context.beginPath();
    context.arc(...place(index), radius, 0, 2 * Math.PI);
    context.globalAlpha = 1;
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.stroke();
  };
  for (let index = 0; index < count; index++) {
    const share = state.values[index];
    if (share === null) { ring(index, 2, hollow, 1); continue; }
    context.beginPath();
    context.arc(...place(index), 2.6, 0, 2 * Math.PI);
    context.globalAlpha = 0.18 + 0.82 * share;
    context.fillStyle = fill;
    context.fill();
  }
  for (const index of state.marked) ring(index, 6, found, 2);
  if (state.hovered !== null) ring(state.hovered, 6, chosen, 1.5);
  if (state.selected !== null) ring(state.selected, 8, chosen, 2.5);
}

function nearest(place, count, x, y, within) {
  let best = null;
  let least = within * within;
  for (let index = 0; index < count; index++) {
    const [px, py] = place(index);
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance < least) { least = distance; best = index; }
  }
  return best;
}

/** The nearest point that lies more ahead than aside; the one in the middle when none is chosen; else the same. */
function onward(place, count, from, [dx, dy], canvas) {
  if (from === null) return nearest(place, count, canvas.clientWidth / 2, canvas.clientHeight / 2, Infinity);
  const [x, y] = place(from);
  let best = from;
  let least = Infinity;
  for (let index = 0; index < count; index++) {
    const [px, py] = place(index);
    const ahead = (px - x) * dx + (py - y) * dy;
    const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
    const cost = ahead + 2 * aside;
    if (index !== from && ahead > 0.01 && ahead >= aside && cost < least) { least = cost; best = index; }
  }
  return best;
}

function listenPointer(canvas, view, draw, { hover, click }) {
  let drag = null;
  const at = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener('wheel', event => { event.preventDefault(); zoomAt(view, ...at(event), event.deltaY < 0 ? 1.2 : 1 / 1.2); draw(); }, { passive: false });
  canvas.addEventListener('pointerdown', event => { drag = { from: at(event), x: view.x, y: view.y, moved: false }; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener('pointermove', event => {
    const [x, y] = at(event);
    if (!drag) { hover(x, y); return; }
    const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
    if (Math.hypot(dx, dy) > 4) drag.moved = true;
    if (!drag.moved) return;
    view.x = drag.x + dx;
    view.y = drag.y + dy;
    draw();
  });
  canvas.addEventListener('pointerup', event => { if (drag && !drag.moved) click(...at(event)); drag = null; });
  canvas.addEventListener('pointercancel', () => { drag = null; });
  canvas.addEventListener('pointerleave', () => hover(-1e6, -1e6));
}

/** Draws at most once per frame. */
function scheduled(work) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; work(); });
  };
}
