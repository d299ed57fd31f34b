// Labelled texts as people have them: JSON lines, or a label and a text per line.

const words = new Map([['1', true], ['0', false], ['true', true], ['false', false], ['yes', true], ['no', false], ['+', true], ['-', false]]);

/** [{text, label}], or an Error that names the line. */
export function labelledTexts(content) {
  const texts = content.split('\n').map((line, index) => [line.trim(), index + 1]).filter(([line]) => line).map(([line, number]) => oneText(line, number));
  const positive = texts.filter(text => text.label).length;
  if (positive < 2 || texts.length - positive < 2) throw new Error('At least two texts of each label are needed.');
  return texts;
}

function oneText(line, number) {
  const [label, text] = line.startsWith('{') ? fromJson(line, number) : line.split(/[\t,](.*)/s);
  const known = words.get(String(label).trim().toLowerCase());
  if (known === undefined || typeof text !== 'string') throw new Error(`Line ${number} has no label that is understood; write 1 or 0, a tab, and the text.`);
  return { text: text.trim(), label: known };
}

function fromJson(line, number) {
  try {
    const { label, text } = JSON.parse(line);
    return [label, text];
  } catch {
    throw new Error(`Line ${number} is not JSON.`);
  }
}
