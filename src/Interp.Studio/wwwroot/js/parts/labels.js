// Records and labels of latents, each fetched once.
import { getJson } from '../api.js';
import { labelOfRecord } from '../feature/view.js';
import { labelOfRule } from './explanation.js';

const labels = new Map();
const waiting = [];
let running = 0;

/** A latent's record; its label is remembered. */
export async function recordOf(id, signal) {
  const record = await getJson(`features/${id}`, signal);
  labels.set(id, Promise.resolve(labelOfRecord(record)));
  return record;
}

/** What a latent is about, {short, whole}, or null; a few requests at a time. */
export function labelOf(id) {
  if (!labels.has(id)) labels.set(id, new Promise((resolve, reject) => { waiting.push({ id, resolve, reject }); next(); }));
  return labels.get(id);
}

/** Remembers the label of a latent that came with another answer. */
export function rememberLabel({ id, explanation, explanationF1 }) {
  if (explanation) labels.set(id, Promise.resolve(labelOfRule(explanation, explanationF1)));
}

async function next() {
  if (running >= 4 || waiting.length === 0) return;
  const { id, resolve, reject } = waiting.shift();
  running++;
  try { resolve(labelOfRecord(await getJson(`features/${id}`))); } catch (error) { labels.delete(id); reject(error); }
  running--;
  next();
}
