// One tab stop for a group: arrow keys move among its items, Home and End go to the ends.

/** Makes the items one tab stop, beginning at the item `start`. */
export function roving(group, items, start = 0) {
  if (items.length === 0) return;
  items.forEach((item, index) => item.setAttribute('tabindex', index === start ? '0' : '-1'));
  group.addEventListener('keydown', event => {
    const at = items.indexOf(event.target);
    const to = at < 0 ? -1 : target(event.key, at, items.length, getComputedStyle(group).direction === 'rtl');
    if (to < 0) return;
    event.preventDefault();
    items[to].focus();
  });
  group.addEventListener('focusin', event => {
    if (!items.includes(event.target)) return;
    for (const item of items) item.setAttribute('tabindex', item === event.target ? '0' : '-1');
  });
}

function target(key, at, count, rightToLeft) {
  const step = { ArrowRight: rightToLeft ? -1 : 1, ArrowLeft: rightToLeft ? 1 : -1, ArrowDown: 1, ArrowUp: -1 }[key];
  if (step) return Math.min(count - 1, Math.max(0, at + step));
  return key === 'Home' ? 0 : key === 'End' ? count - 1 : -1;
}
