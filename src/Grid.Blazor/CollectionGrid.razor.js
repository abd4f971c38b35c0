/**
 * What Blazor has no call for.
 * @param {Element} scroller
 */
export function scrollToStart(scroller) {
  scroller.scrollTop = 0;
}
