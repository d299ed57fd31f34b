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
    return (await response.json()).error ?? `The studio answered ${response.status}.`;
  } catch {
    return `The studio answered ${response.status} without a reason.`;
  }
}

const json = (body, signal) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal });
