// @ts-check

/**
 * A stroke of the pointer over cells of one column. What it covers is marked here, frame by frame; C# hears of it once, at
 * the end. A finger that moves at once scrolls: it has to rest on a cell first.
 * @typedef {{ column: number, rows: number[], isShift: boolean }} Stroke
 */

const holdMs = 250;
// A finger that holds still trembles by this many px.
const slop = 8;

export class Strokes {
  #rows;
  #scroller;
  #onStroke;
  /** @type {{ pointer: number, first: HTMLElement, column: number, y: number, isShift: boolean, hold: number } | null} */
  #stroke = null;
  #isDrawing = false;
  #frame = 0;

  /** @param {HTMLElement} scroller @param {HTMLElement} rows @param {AbortSignal} signal @param {(stroke: Stroke) => void} onStroke */
  constructor(scroller, rows, signal, onStroke) {
    this.#scroller = scroller;
    this.#rows = rows;
    this.#onStroke = onStroke;
    rows.addEventListener("pointerdown", (event) => this.#onDown(event), { signal });
    rows.addEventListener("pointermove", (event) => this.#onMove(event), { signal });
    rows.addEventListener("pointerup", (event) => this.#onUp(event), { signal });
    rows.addEventListener("pointercancel", () => this.cancel(), { signal });
    // Without this the browser would take a drawing finger for one that scrolls.
    rows.addEventListener("touchmove", (event) => this.#isDrawing && event.preventDefault(), { signal, passive: false });
    rows.addEventListener("contextmenu", (event) => this.#stroke && event.preventDefault(), { signal });
    // A control within the cell is pressed by the keyboard; the pointer's press was the stroke.
    rows.addEventListener("click", (event) => this.#onClick(event), { signal, capture: true });
  }

  /** True while one is being drawn. */
  get isDrawing() {
    return this.#isDrawing;
  }

  cancel() {
    if (this.#stroke) clearTimeout(this.#stroke.hold);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#stroke = null;
    this.#isDrawing = false;
    for (const cell of this.#rows.querySelectorAll("[data-stroke]")) cell.removeAttribute("data-stroke");
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    const cell = strokable(event.target);
    if (!cell || event.button !== 0 || !event.isPrimary) return;
    const column = [...(cell.parentElement?.children ?? [])].indexOf(cell);
    const isTouch = event.pointerType === "touch";
    this.#stroke = { pointer: event.pointerId, first: cell, column, y: event.clientY, isShift: event.shiftKey, hold: isTouch ? setTimeout(() => this.#draw(), holdMs) : 0 };
    if (!isTouch) this.#draw();
  }

  #draw() {
    if (!this.#stroke) return;
    this.#isDrawing = true;
    this.#rows.setPointerCapture(this.#stroke.pointer);
    this.#mark();
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    if (!this.#stroke || event.pointerId !== this.#stroke.pointer) return;
    if (!this.#isDrawing) {
      if (Math.abs(event.clientY - this.#stroke.y) > slop) this.cancel();
      return;
    }
    this.#stroke.y = event.clientY;
    this.#frame ||= requestAnimationFrame(() => this.#mark());
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    if (!this.#stroke || event.pointerId !== this.#stroke.pointer) return;
    if (this.#isDrawing) this.#stroke.y = event.clientY;
    const { column, isShift } = this.#stroke;
    const rows = this.#covered().map((cell) => Number(cell.parentElement?.getAttribute("aria-rowindex")) - 2);
    if (rows.length > 0) this.#onStroke({ column, rows, isShift });
    this.cancel();
  }

  /** @param {Event} event */
  #onClick(event) {
    const isByPointer = /** @type {MouseEvent} */ (event).detail > 0;
    if (!isByPointer || !strokable(event.target)) return;
    event.stopPropagation();
    event.preventDefault();
  }

  #mark() {
    this.#frame = 0;
    const covered = new Set(this.#covered());
    for (const cell of this.#rows.querySelectorAll("[data-stroke]")) if (!covered.has(/** @type {HTMLElement} */ (cell))) cell.removeAttribute("data-stroke");
    for (const cell of covered) cell.setAttribute("data-stroke", "");
  }

  // From the first cell to the one under the pointer, among the rows on screen: the first one being the first in the list.
  #covered() {
    if (!this.#stroke?.first.isConnected) return [];
    const { first, y, column } = this.#stroke;
    const edge = this.#scroller.getBoundingClientRect();
    const start = this.#rows.getBoundingClientRect();
    const top = edge.top + (this.#scroller.querySelector(".head")?.clientHeight ?? 0);
    const rows = /** @type {HTMLElement[]} */ ([...this.#rows.children]);
    const height = rows[0].offsetHeight;
    const at = Math.floor((Math.min(Math.max(y, top), edge.bottom - 1) - start.top) / height);
    const from = rows.indexOf(/** @type {HTMLElement} */ (first.parentElement));
    const step = at < from ? -1 : 1;
    const cells = [];
    for (let i = from; i !== Math.min(Math.max(at, 0), rows.length - 1) + step; i += step) {
      if (rows[i].role === "row") cells.push(/** @type {HTMLElement} */ (rows[i].children[column]));
    }
    return cells;
  }
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function strokable(target) {
  const cell = target instanceof Element ? target.closest("[role=gridcell]") : null;
  return cell?.matches(".paints, .selects") ? /** @type {HTMLElement} */ (cell) : null;
}
