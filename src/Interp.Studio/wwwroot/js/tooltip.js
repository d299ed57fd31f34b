// One tooltip for the whole page: whatever carries data-tip shows it on hover, focus and touch; Escape hides it.

let tip = null;

/** Begins to listen. */
export function startTooltips() {
  tip = document.createElement('div');
  tip.className = 'tooltip';
  tip.setAttribute('role', 'tooltip');
  tip.hidden = true;
  document.body.append(tip);
  document.addEventListener('pointerover', event => showTip(event.target));
  document.addEventListener('focusin', event => showTip(event.target.matches(':focus-visible') ? event.target : null));
  document.addEventListener('focusout', () => showTip(null));
  document.addEventListener('scroll', () => showTip(null), { capture: true, passive: true });
  document.addEventListener('keydown', event => { if (event.key === 'Escape') showTip(null); });
}

/** Shows a text at a place of the window, for what is not an element of its own (a point of the map). */
export function tipAt(text, x, y) {
  if (!tip) return;
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(innerWidth - width - 4, x - width / 2))}px`;
  tip.style.top = `${y - height - 8 > 0 ? y - height - 8 : y + 16}px`;
}

function showTip(from) {
  const element = from?.closest?.('[data-tip]');
  if (!element) { tip.hidden = true; return; }
  const box = element.getClientRects()[0] ?? element.getBoundingClientRect();
  tipAt(element.dataset.tip, box.left + box.width / 2, box.top);
  if (tip.getBoundingClientRect().bottom > box.top) tip.style.top = `${box.bottom + 8}px`;
}
