// The app's way to the browser: network state, small remembered values, theme.

export function listen(app) {
  const tell = () => app.invokeMethodAsync('OnChanged', navigator.onLine);
  addEventListener('online', tell);
  addEventListener('offline', tell);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && tell());
  return navigator.onLine;
}

export const read = key => localStorage.getItem(key);

export const write = (key, value) =>
  value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value);

export function toggleTheme() {
  const root = document.documentElement;
  const systemIsDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const isDark = (root.dataset.theme ?? (systemIsDark ? 'dark' : 'light')) === 'dark';
  root.dataset.theme = isDark ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
}
