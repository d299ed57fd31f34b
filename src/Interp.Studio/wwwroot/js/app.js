// The frame: pages by address, theme, keys, and what is loaded.
import { getJson } from './api.js';
import { h, show } from './dom.js';
import { quoted, whole } from './format.js';
import { analysePage } from './pages/analyse.js';
import { comparePage } from './pages/compare.js';
import { experimentsPage } from './pages/experiments.js';
import { featurePage } from './pages/feature.js';
import { mapPage } from './pages/map.js';
import { searchPage } from './pages/search.js';
import { steerPage } from './pages/steer.js';
import { whyPage } from './pages/why.js';
import { failure } from './parts/notice.js';
import { amend, href, parseRoute } from './router.js';
import { startShortcuts } from './shortcuts.js';
import { studio } from './studio.js';
import { startThemeButton } from './theme-button.js';
import { startTooltips } from './tooltip.js';

const pages = {
  analyse: ['Analyse', analysePage], feature: ['Feature', featurePage], search: ['Search', searchPage], steer: ['Steer', steerPage],
  why: ['Why', whyPage], map: ['Map', mapPage], compare: ['Compare', comparePage], experiments: ['Experiments', experimentsPage],
};
const main = document.getElementById('main');
let current = null;

startTooltips();
startThemeButton(document.getElementById('theme'));
document.getElementById('help').addEventListener('click', startShortcuts());
document.getElementById('skip').addEventListener('click', event => { event.preventDefault(); main.focus(); });
await health();
addEventListener('hashchange', () => open(true));
await open(false);

async function open(moved) {
  const route = parseRoute(location.hash);
  const name = route.name in pages ? route.name : 'analyse';
  if (name !== route.name) amend(href(name));
  main.querySelector(':scope > .lost')?.remove();
  const [, page] = pages[name];
  const changed = current?.name !== name;
  if (changed) current = { name, place: null, update: page.mount(main) };
  if (route.name !== '' && route.name !== name) main.prepend(h('p', { class: 'notice lost', role: 'status' }, `There is no page ${quoted(route.name)}; this is ${pages[name][0]}.`));
  navigation(name);
  document.title = `${page.title(route)} \u00b7 Interp studio`;
  const place = `${name}/${route.parts.join('/')}`;
  const elsewhere = current.place !== place;
  current.place = place;
  if (moved && elsewhere) { scrollTo(0, 0); main.querySelector('h1')?.focus(); }
  try {
    await current.update(changed || name === route.name ? route : parseRoute(location.hash));
  } catch (error) {
    if (error.name !== 'AbortError') show(main, failure(error));
  }
}

function navigation(name) {
  show(document.getElementById('pages'), Object.entries(pages).map(([page, [title]]) =>
    h('a', { href: href(page), 'aria-current': page === name ? 'page' : null }, title)));
  const [list, here] = [document.getElementById('pages'), document.querySelector('#pages [aria-current]')];
  list.scrollLeft = here.offsetLeft - list.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
}

async function health() {
  const status = document.getElementById('status');
  try {
    Object.assign(studio, await getJson('health'));
    show(status, h('span', {}, studio.model), h('span', {}, studio.hook), studio.sae && h('span', {}, studio.sae), h('span', {}, `${whole(studio.latents)} latents`),
      studio.atlas && h('span', {}, `atlas of ${whole(studio.atlas.tokens)} tokens`), h('a', { href: '/api' }, 'API'), studio.version && h('span', {}, `Interp ${studio.version}`));
  } catch (error) {
    show(status, h('span', {}, error.message));
  }
}
