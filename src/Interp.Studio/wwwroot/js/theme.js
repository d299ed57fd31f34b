// Runs before the page is painted: the chosen theme, or the system's when none was chosen.
(() => {
  let theme = null;
  try { theme = localStorage.getItem('theme'); } catch { /* storage is off: the system's theme */ }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
