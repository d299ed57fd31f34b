// The button that goes from the system's theme to the other one, and back.

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

/** Sets the button up. The choice is kept only while it differs from the system's theme. */
export function startThemeButton(button) {
  const root = document.documentElement;
  const current = () => root.dataset.theme ?? (darkSystem.matches ? 'dark' : 'light');
  const say = () => {
    const other = current() === 'dark' ? 'light' : 'dark';
    button.textContent = other === 'dark' ? '\u263e' : '\u2600';
    button.setAttribute('aria-label', `Change to the ${other} theme`);
    button.dataset.tip = `Change to the ${other} theme`;
  };
  button.addEventListener('click', () => {
    const chosen = current() === 'dark' ? 'light' : 'dark';
    const system = chosen === (darkSystem.matches ? 'dark' : 'light');
    if (system) delete root.dataset.theme; else root.dataset.theme = chosen;
    try { if (system) localStorage.removeItem('theme'); else localStorage.setItem('theme', chosen); } catch { /* storage is off: for this visit only */ }
    say();
  });
  darkSystem.addEventListener('change', say);
  say();
}
