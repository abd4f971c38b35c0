// @ts-check
import { Strokes } from "./strokes.js";
import { ScaledScroll } from "./scaledscroll.js";

/**
 * What C# may call: one grid's scrolling, focus and keys. What C# has rendered says where things are, in attributes of
 * the element of rows; they are taken in before the browser paints, so that rows and their place never disagree:
 *   data-first   the position of the first row in it
 *   data-rows    the number of rows of the view; empty while it is not known
 *   data-shift   rows that came in above what was on screen, summed up: the grid goes along, and nothing moves
 *   data-home    changes when the grid has to go to its first row
 * @typedef {{ invokeMethod: Function, invokeMethodAsync: Function }} DotNet
 * @param {HTMLElement} scroller
 * @param {DotNet} dotnet
 * @param {number} rowHeight
 * @param {boolean} isInProcess True where C# answers at once.
 */
export function attach(scroller, dotnet, rowHeight, isInProcess) {
  return new GridScroller(scroller, dotnet, rowHeight, isInProcess);
}

// Keys that the grid takes; all others stay the page's.
const keys = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End", " ", "Enter", "F2", "Escape", "a"]);

// What types, and so needs the arrows for itself.
const typing = "input, select, textarea, [contenteditable]";
const controls = `button, a[href], ${typing}`;

// Longer than the pause between two scroll events of one motion.
const restMs = 120;

class GridScroller {
  #scroller;
  #dotnet;
  #isInProcess;
  #scroll;
  #head;
  #body;
  #rows;
  #aborter = new AbortController();
  #mutations;
  #strokes;
  #sizes;
  #rest = 0;
  #isTouched = false;
  #hasFocus = false;
  #wantsCell = false;
  /** @type {HTMLElement | null} */
  #left = null;
  #shift = 0;
  #home = "";
  #reported = "";

  /** @param {HTMLElement} scroller @param {DotNet} dotnet @param {number} rowHeight @param {boolean} isInProcess */
  constructor(scroller, dotnet, rowHeight, isInProcess) {
    this.#scroller = scroller;
    this.#dotnet = dotnet;
    this.#isInProcess = isInProcess;
    this.#head = /** @type {HTMLElement} */ (scroller.querySelector(".head"));
    this.#body = /** @type {HTMLElement} */ (scroller.querySelector(".body"));
    this.#rows = /** @type {HTMLElement} */ (scroller.querySelector(".rows"));
    this.#scroll = new ScaledScroll(rowHeight, heightLimit());
    this.#shift = Number(this.#rows.dataset.shift);
    this.#home = this.#rows.dataset.home ?? "";

    const { signal } = this.#aborter;
    scroller.addEventListener("scroll", () => this.#onScroll(), { signal, passive: true });
    scroller.addEventListener("scrollend", () => this.#onRest(), { signal });
    for (const type of ["touchstart", "touchend", "touchcancel"])
      scroller.addEventListener(type, (event) => (this.#isTouched = /** @type {TouchEvent} */ (event).touches.length > 0), { signal, passive: true });
    scroller.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    scroller.addEventListener("mousedown", (event) => this.#onPress(event), { signal });
    scroller.addEventListener("focusin", (event) => this.#onFocus(event), { signal });
    scroller.addEventListener("focusout", (event) => this.#onBlur(event), { signal });
    this.#strokes = new Strokes(scroller, this.#rows, signal, ({ column, rows, isShift }) => void this.#dotnet.invokeMethodAsync("Stroke", column, rows, isShift, this.#shift));
    this.#mutations = new MutationObserver(() => this.sync());
    this.#mutations.observe(this.#rows, { attributes: true, attributeFilter: ["data-first", "data-rows", "data-shift", "data-home", "data-active"], childList: true });
    this.#sizes = new ResizeObserver(() => this.sync());
    this.#sizes.observe(scroller);
    this.#sizes.observe(this.#head);
    this.sync();
  }

  /** Takes in what has been rendered, and how large everything is. */
  sync() {
    const { shift, home } = this.#rows.dataset;
    const shifted = Number(shift) - this.#shift;
    this.#shift = Number(shift);
    this.#measure();
    if (home !== this.#home) {
      this.#home = home ?? "";
      this.#scroll.goTo(0);
      this.#settle();
    } else if (shifted !== 0) {
      this.#scroll.shift(shifted);
    }
    if (!this.#rest) this.#settle();
    this.#place();
    this.#keepFocus();
    this.#report();
  }

  /** Goes to a row, which is then the first on screen where rows enough follow. @param {number} row */
  goTo(row) {
    this.#scroll.goToRow(row);
    this.#arrive();
  }

  dispose() {
    this.#aborter.abort();
    this.#strokes.cancel();
    this.#mutations.disconnect();
    this.#sizes.disconnect();
    clearTimeout(this.#rest);
  }

  #measure() {
    const view = Math.max(this.#scroller.clientHeight - this.#head.offsetHeight, 0);
    const { rows } = this.#rows.dataset;
    this.#scroll.resize(rows ? Number(rows) : 0, view);
    const height = `${rows ? this.#scroll.height : view}px`;
    if (this.#body.style.blockSize !== height) this.#body.style.blockSize = height;
  }

  #place() {
    const transform = `translateY(${this.#scroll.placeOf(Number(this.#rows.dataset.first))}px)`;
    if (this.#rows.style.transform !== transform) this.#rows.style.transform = transform;
  }

  // The thumb goes where it belongs; what is on screen stays.
  #settle() {
    if (Math.abs(this.#scroll.settled - this.#scroll.physical) >= 1 || this.#scroll.physical !== this.#scroller.scrollTop) this.#scroller.scrollTop = this.#scroll.settled;
    // Rounded by the browser to its own pixels.
    this.#scroll.physical = this.#scroller.scrollTop;
  }

  #onScroll() {
    const place = this.#scroller.scrollTop;
    if (place === this.#scroll.physical) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#onRest(), restMs);
    if (this.#scroll.scrolledTo(place)) this.#settle();
    this.#report();
    this.#place();
  }

  #onRest() {
    clearTimeout(this.#rest);
    this.#rest = 0;
    if (this.#isTouched) {
      this.#rest = setTimeout(() => this.#onRest(), restMs);
      return;
    }
    this.#settle();
    this.#place();
  }

  // What is on screen, whenever that has changed.
  #report() {
    // A screen of rows is wanted before it is known that there are any.
    const { first, count } = this.#rows.dataset.rows ? this.#scroll.window : { first: 0, count: this.#scroll.page + 1 };
    const args = [first, count, this.#scroll.page, this.#scroll.top < 1, this.#hasFocus, this.#shift];
    const reported = args.join();
    if (reported === this.#reported) return;
    this.#reported = reported;
    void this.#call("Look", ...args);
  }

  #arrive() {
    this.#settle();
    this.#report();
    this.#place();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === "Escape" && this.#strokes.isDrawing) {
      this.#strokes.cancel();
      return;
    }
    const target = /** @type {HTMLElement} */ (event.target);
    const isOwn = target === this.#scroller || this.#rows.contains(target);
    const isChord = event.ctrlKey || event.metaKey;
    if (!isOwn || event.defaultPrevented || event.altKey || !keys.has(event.key) || (event.key === "a" && !isChord)) return;
    const cell = /** @type {HTMLElement | null} */ (target.closest("[role=gridcell]"));
    const isControl = cell !== null && target !== cell;
    if (isControl && event.key !== "Escape" && (target.matches(typing) || event.key === " " || event.key === "Enter")) return;
    event.preventDefault();
    if (isControl && event.key === "Escape") {
      cell.focus({ preventScroll: true });
      return;
    }
    if (event.key === "Enter" || event.key === "F2") {
      /** @type {HTMLElement | null | undefined} */ (cell?.querySelector(controls))?.focus({ preventScroll: true });
      return;
    }
    this.#wantsCell = true;
    this.#hasFocus = true;
    after(this.#call("Press", this.#logicalKey(event.key), event.shiftKey, isChord), (/** @type {number} */ row) => {
      if (row >= 0) this.#scroll.reveal(row);
      this.#arrive();
      this.#keepFocus();
    });
  }

  /** @param {string} key */
  #logicalKey(key) {
    if (getComputedStyle(this.#scroller).direction !== "rtl") return key;
    return key === "ArrowLeft" ? "ArrowRight" : key === "ArrowRight" ? "ArrowLeft" : key;
  }

  // Before the browser moves the focus to what was pressed: by then the cell can take it.
  /** @param {MouseEvent} event */
  #onPress(event) {
    const cell = cellOf(event.target);
    if (event.button !== 0 || !cell || !this.#rows.contains(cell)) return;
    this.#activate(cell);
  }

  /** @param {FocusEvent} event */
  #onFocus(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    this.#left = null;
    this.#hasFocus = target === this.#scroller || this.#rows.contains(target);
    const cell = cellOf(target);
    if (cell && this.#hasFocus && cell.tabIndex !== 0) this.#activate(cell);
    this.#report();
  }

  /** @param {FocusEvent} event */
  #onBlur(event) {
    const [from, to] = [/** @type {HTMLElement} */ (event.target), /** @type {Node | null} */ (event.relatedTarget)];
    if (to && this.#scroller.contains(to)) return;
    // Whatever has gone away had not been left: by then it is not in the page any more.
    this.#left = from;
    setTimeout(() => {
      if (this.#left !== from) return;
      this.#left = null;
      if (!from.isConnected) return;
      this.#hasFocus = false;
      this.#report();
    });
  }

  /** @param {HTMLElement} cell */
  #activate(cell) {
    const row = Number(cell.parentElement?.getAttribute("aria-rowindex")) - 2;
    // Among those that are shown: the index of ARIA counts hidden ones too.
    const column = [...(cell.parentElement?.children ?? [])].indexOf(cell);
    void this.#call("Activate", row, column, this.#shift);
  }

  // The focus goes along with its cell, and waits in the grid where the cell has been scrolled away.
  #keepFocus() {
    if (!this.#hasFocus || (this.#left?.isConnected && !this.#wantsCell)) return;
    const focused = document.activeElement;
    const isLost = !focused || focused === document.body || focused === this.#scroller;
    const isOther = this.#rows.contains(focused) && (this.#wantsCell || focused?.role === "gridcell");
    if (!isLost && !isOther) return;
    const cell = /** @type {HTMLElement | null} */ (this.#rows.querySelector("[role=gridcell][tabindex='0']"));
    const wanted = cell ?? this.#scroller;
    if (focused === wanted) return;
    if (cell) this.#wantsCell = false;
    wanted.focus({ preventScroll: true });
    if (cell) this.#revealSideways(cell);
  }

  /** @param {HTMLElement} cell */
  #revealSideways(cell) {
    const [inner, outer] = [cell.getBoundingClientRect(), this.#scroller.getBoundingClientRect()];
    if (inner.left < outer.left) this.#scroller.scrollLeft -= outer.left - inner.left;
    else if (inner.right > outer.right) this.#scroller.scrollLeft += Math.min(inner.right - outer.right, inner.left - outer.left);
  }

  /** @param {string} method @param {...unknown} args */
  #call(method, ...args) {
    return this.#isInProcess ? this.#dotnet.invokeMethod(method, ...args) : this.#dotnet.invokeMethodAsync(method, ...args);
  }
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function cellOf(target) {
  return target instanceof Element ? target.closest("[role=gridcell]") : null;
}

/** What a call in the same process answers is there at once: no frame passes in between. @param {unknown} answer @param {Function} next */
function after(answer, next) {
  if (answer instanceof Promise) void answer.then((value) => next(value));
  else next(answer);
}

/** @type {number | undefined} */
let limit;

// Browsers end an element near 17 or 33 million px of the device. Places are floats in some of their parts, in steps of a pixel
// from 8 million on: what is taller than that is scaled in any case.
function heightLimit() {
  if (limit === undefined) {
    const probe = document.createElement("div");
    probe.style.cssText = "position: absolute; visibility: hidden; inline-size: 1px; block-size: 100000000px";
    document.body.append(probe);
    limit = Math.min(probe.getBoundingClientRect().height * 0.9, 8_000_000);
    probe.remove();
  }
  return limit;
}
