// Numbers as they are read: the same on every machine, whatever its language.

const thousands = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** 200 000 */
export const whole = value => thousands.format(value).replaceAll(',', '\u202f');

/** Three significant digits: 0.0123, 1.23, 123, 1.2e-5. */
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e4) return whole(value).replace('-', '\u2212');
  if (size < 1e-3) return value.toExponential(1).replace('-', value < 0 ? '\u2212' : '-');
  return Number(value.toPrecision(3)).toString().replace('-', '\u2212');
}

/** The same with its zeros kept, for columns. */
export function tabular(value) {
  const size = Math.abs(value);
  return Number.isFinite(value) && size >= 1e-3 && size < 100 ? value.toPrecision(3).replace('-', '\u2212') : short(value);
}

/** 1.2 %, 0.003 % */
export function percent(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return `${value === 1 ? '100' : short(value * 100)}\u202f%`;
}

/** A text whose lines end neither within a number nor between a quotation mark and the space of a token behind it. */
export const unbroken = text => text.replace(/(?<=\d)[ \u2009](?=\d{3}(?!\d))/g, '\u202f').replaceAll('\u201c ', '\u201c\u00a0');

/** "1 sentence", "2 sentences" */
export const counted = (count, noun) => `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A token as a quotation, with what cannot be seen spelled out. */
export function quoted(token) {
  const seen = token.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return `\u201c${seen}\u201d`;
}
