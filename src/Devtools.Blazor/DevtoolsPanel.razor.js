/**
 * Tells when the keys of a shortcut such as "Ctrl+Alt+D" are pressed together. The letter counts by its place on the
 * keyboard too: with Alt, a Mac types other characters.
 * @param {string} shortcut
 * @param {{ invokeMethodAsync(method: string): Promise<void> }} panel
 */
export function listen(shortcut, panel) {
  const keys = shortcut.split('+');
  const key = keys.at(-1) ?? '';
  const has = name => keys.includes(name);
  const onKey = event => {
    const isKey = event.key.toLowerCase() === key.toLowerCase() || event.code === `Key${key.toUpperCase()}`;
    if (!isKey || event.ctrlKey !== has('Ctrl') || event.altKey !== has('Alt') || event.shiftKey !== has('Shift')) return;
    event.preventDefault();
    panel.invokeMethodAsync('Toggle');
  };
  addEventListener('keydown', onKey);
  return {
    stop: () => removeEventListener('keydown', onKey),
    focus: id => requestAnimationFrame(() => document.getElementById(id)?.focus()),
  };
}
