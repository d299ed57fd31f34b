// The studio's HTTP API. Each call resolves to the answer's JSON or throws an Error whose message is one sentence.

const base = '/api/v1/';

export const getJson = (path, signal) => call(path, { signal });

export const postJson = (path, body, signal) => call(path, json(body, signal));

/** Answers that come line by line: calls `onLine` with each value. */
export async function postLines(path, body, signal, onLine) {
  const response = await reach(path, json(body, signal));
  if (!response.ok) throw new Error(await reason(response));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? '')).split('\n');
    rest = done ? '' : lines.pop();
    for (const line of lines) if (line.trim()) onLine(JSON.parse(line));
    if (done) return;
  }
}

async function call(path, options) {
  const response = await reach(path, options);
  if (!response.ok) throw new Error(await reason(response));
  return response.json();
}

async function reach(path, options) {
  try {
    return await fetch(base + path, { headers: { accept: 'application/json' }, ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The studio does not answer; is `interp studio` still running?');
  }
}

async function reason(response) {
  try {
    const { error } = await response.json();
    return error ? inWords(error) : `The studio answered ${response.status}.`;
  } catch {
    return `The studio answered ${response.status} without a reason.`;
  }
}

// What the pages call the fields of the API.
const fields = {
  sentences: 'Sentences', contrast: 'Contrast', threshold: 'Threshold', share: 'Share', limit: 'The number of latents', q: 'Words', text: 'The text', texts: 'The list of texts',
  minDensity: 'Least density', maxDensity: 'Greatest density', minMax: 'Least maximum', id: 'Latent', feature: 'Latent', prompt: 'Prompt', features: 'Latents',
  strength: 'Strength', strengths: 'Strengths', tokens: 'New tokens', seed: 'Seed', temperature: 'Temperature', a: 'Next token A', b: 'Next token B', sae: 'Other dictionary',
};

/** A refusal that names a field of the API, such as features[0].strength, with the page's name for it. */
function inWords(sentence) {
  return sentence.replace(/^[a-z][\w.[\]]* is /i, path => {
    const [, name, entry] = /(\w+)(?:\[(\d+)\])? is $/.exec(path) ?? [];
    return fields[name] ? `${fields[name]}${entry ? ` (number ${Number(entry) + 1})` : ''} is ` : path;
  });
}

const json = (body, signal) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal });
