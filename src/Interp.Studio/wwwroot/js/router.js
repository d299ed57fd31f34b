// Addresses: #/page/part?name=value. They stand after the #, so that texts are never sent to a server by a link,
// and so that the pages also work as files.

/** {name, parts, params} of an address. */
export function parseRoute(hash) {
  const [path, query] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [name, ...parts] = path.split('/').filter(Boolean).map(decodePart);
  return { name: name ?? '', parts, params: new URLSearchParams(query ?? '') };
}

/** The address of a page; params that are null, undefined or '' are left out. */
export function href(path, params = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const query = search.toString();
  return `#/${path}${query ? `?${query}` : ''}`;
}

/** Goes to an address; when it is where we are already, reads it again. */
export function go(address) {
  if (location.hash === address) dispatchEvent(new HashChangeEvent('hashchange'));
  else location.hash = address;
}

/** Changes the address without a new step in the history and without reading it. */
export function amend(address) {
  history.replaceState(history.state, '', address);
}

function decodePart(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}
