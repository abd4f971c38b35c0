/**
 * Tells .NET whether the page is visible and online: now, and whenever that changes.
 * @param {{ invokeMethodAsync(method: string, isVisible: boolean, isOnline: boolean): Promise<void> }} listener
 * @returns {{ stop(): void }}
 */
export function watch(listener) {
  const report = () => {
    // A circuit that is gone cannot hear it, and need not.
    listener.invokeMethodAsync("Report", document.visibilityState !== "hidden", navigator.onLine).catch(() => {});
  };
  const events = [[document, "visibilitychange"], [window, "online"], [window, "offline"]];
  for (const [target, name] of events) target.addEventListener(name, report);
  report();
  return {
    stop() {
      for (const [target, name] of events) target.removeEventListener(name, report);
    },
  };
}
