// A latent in words: its rule shortened, with the rule's fit; the whole of it for a tooltip.
import { h } from '../dom.js';
import { unbroken } from '../format.js';

const shown = 3;
const tokenLists = /“[^”]*”+(?:, “[^”]*”+)*(?: or (?:“[^”]*”+|\d+ more))?/g;

/** A rule with the first tokens of each of its lists: “ May”, “ June”, “ July” and 12 more, after “1”. */
export function shortened(rule) {
  return rule.replace(tokenLists, list => {
    const tokens = list.match(/“[^”]*”+/g);
    const count = tokens.length + Number(/ or (\d+) more$/.exec(list)?.[1] ?? 0);
    return count <= shown + 1 ? list : `${tokens.slice(0, shown).join(', ')} and ${count - shown} more`;
  });
}

/** 0.42, as F1 is written everywhere. */
export const fitted = f1 => f1.toFixed(2);

/** {short, whole} of a rule and its F1; null where there is no rule. */
export function labelOfRule(rule, f1) {
  if (!rule) return null;
  const fit = typeof f1 === 'number' ? ` \u00b7 F1\u00a0${fitted(f1)}` : '';
  return { short: unbroken(shortened(rule)) + fit, whole: rule + fit };
}

/** The concept that fits best; its F1 too where that is less than half, so that the name is not taken for what the latent is. */
function conceptBadge(concept, f1) {
  const weak = f1 < 0.5;
  return h('span', { class: weak ? 'badge weak' : 'badge', 'data-tip': `The concept that it fits best, F1 ${fitted(f1)}` }, weak ? `${concept} \u00b7 F1 ${fitted(f1)}` : concept);
}

/** The concept and the rule of a latent of a list; `otherwise` where there is no rule. */
export function ruleView({ explanation, explanationF1, concept, conceptF1 }, otherwise) {
  return [
    concept && [conceptBadge(concept, conceptF1), ' '],
    explanation ? [h('span', { class: 'explanation', dir: 'auto', 'data-tip': explanation }, unbroken(shortened(explanation))), ' ',
      h('span', { class: 'muted small nowrap', 'data-tip': 'How well the rule predicts, on held-out text, where the latent fires: 1 is perfect' }, `F1 ${fitted(explanationF1)}`)]
      : h('span', { class: 'muted plain' }, otherwise),
  ];
}
