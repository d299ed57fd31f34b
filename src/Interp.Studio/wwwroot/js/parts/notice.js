// The three states of anything that is loaded: under way, nothing there, failed. One sentence each.
import { announce, h, show } from '../dom.js';

export const loading = sentence => h('p', { class: 'loading' }, sentence);

export const empty = sentence => h('p', { class: 'notice' }, sentence);

export const failure = error => h('p', { class: 'notice bad', role: 'alert' }, error.message ?? String(error));

/**
 * Loads into an element: the last call wins, earlier ones are given up.
 * Returns `load(sentence, work)`, where `work(signal)` resolves to what is shown; `load.stop()` gives up what is under way.
 */
export function loader(element) {
  let current = null;
  const load = async (sentence, work) => {
    current?.abort();
    const mine = current = new AbortController();
    element.setAttribute('aria-busy', 'true');
    show(element, loading(sentence));
    try {
      const content = await work(mine.signal);
      if (mine.signal.aborted) return false;
      show(element, content);
      return true;
    } catch (error) {
      if (mine.signal.aborted) return false;
      show(element, failure(error));
      announce(error.message);
      return false;
    } finally {
      if (current === mine) element.removeAttribute('aria-busy');
    }
  };
  load.stop = () => { current?.abort(); current = null; element.removeAttribute('aria-busy'); };
  return load;
}
