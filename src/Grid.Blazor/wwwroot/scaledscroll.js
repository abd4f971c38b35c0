// @ts-check

/**
 * Where a grid is scrolled to. A browser ends an element at some height, and ten million rows are taller: the scrolled element is
 * then shorter than the rows, and a logical place among the rows (top) has a physical one in the element (physical).
 *
 * A small movement is the same in both. A far one, as by the scrollbar, is proportional, save near both ends: there the
 * two run side by side, so that a wheel reaches the very first and the very last row without a step. What small movements
 * add up to is put right at rest, where moving the scrollbar's thumb moves nothing on screen.
 */
export class ScaledScroll {
  /** The logical place, in px from the first row. */
  top = 0;
  /** The physical place that goes with it, as the element has it. */
  physical = 0;

  #rowHeight;
  #limit;
  #rows = 0;
  #view = 0;

  /**
   * @param {number} rowHeight Of every row, in px.
   * @param {number} limit The greatest height of the scrolled element, in px.
   */
  constructor(rowHeight, limit) {
    this.#rowHeight = rowHeight;
    this.#limit = limit;
  }

  /** The height of the scrolled element, in px. */
  get height() {
    return Math.min(this.#rows * this.#rowHeight, this.#limit);
  }

  /** The px that are on screen. */
  get view() {
    return this.#view;
  }

  /** The rows that are on screen, those that are cut off included. */
  get window() {
    const first = Math.min(Math.floor(this.top / this.#rowHeight), Math.max(this.#rows - 1, 0));
    const end = Math.min(Math.ceil((this.top + this.#view) / this.#rowHeight), this.#rows);
    return { first, count: Math.max(end - first, 0) };
  }

  /** The rows that fit on screen as a whole, at least one. */
  get page() {
    return Math.max(Math.floor(this.#view / this.#rowHeight), 1);
  }

  get #maxTop() {
    return Math.max(this.#rows * this.#rowHeight - this.#view, 0);
  }

  get #maxPhysical() {
    return Math.max(this.height - this.#view, 0);
  }

  /** The physical place where the logical one belongs. */
  get settled() {
    const [logical, physical] = [this.#maxTop, this.#maxPhysical];
    if (physical === logical) return this.top;
    const edge = physical / 8;
    if (this.top <= edge) return this.top;
    if (this.top >= logical - edge) return physical - (logical - this.top);
    return edge + ((this.top - edge) * (physical - 2 * edge)) / (logical - 2 * edge);
  }

  /** Where a row is drawn in the scrolled element, in px. @param {number} row */
  placeOf(row) {
    return row * this.#rowHeight - (this.top - this.physical);
  }

  /** Takes other measures. @param {number} rows @param {number} view */
  resize(rows, view) {
    this.#rows = rows;
    this.#view = view;
    this.top = clamp(this.top, 0, this.#maxTop);
  }

  /** The element has been scrolled. @param {number} physical @returns {boolean} True where the thumb has to be put right at once, at an end. */
  scrolledTo(physical) {
    const distance = physical - this.physical;
    this.physical = physical;
    // Four screens in a frame: nobody reads, and a scaled scrollbar moves thousands by a pixel.
    const isFar = Math.abs(distance) > 4 * this.#view;
    const top = isFar ? this.#topAt(physical) : this.top + distance;
    this.top = clamp(top, 0, this.#maxTop);
    const isEarly = (physical <= 0 && this.top > 0) || (physical >= this.#maxPhysical - 1 && this.top < this.#maxTop - 1);
    return isEarly || top !== this.top;
  }

  /** Rows have come or gone above: what is on screen is now so many rows further on. @param {number} rows */
  shift(rows) {
    this.top = clamp(this.top + rows * this.#rowHeight, 0, this.#maxTop);
  }

  /** Goes to a place. @param {number} top */
  goTo(top) {
    this.top = clamp(top, 0, this.#maxTop);
  }

  /** Goes to a row. @param {number} row */
  goToRow(row) {
    this.goTo(row * this.#rowHeight);
  }

  /** Goes as far as a row needs to be on screen as a whole. @param {number} row */
  reveal(row) {
    const start = row * this.#rowHeight;
    if (start < this.top) this.goTo(start);
    else if (start + this.#rowHeight > this.top + this.#view) this.goTo(start + this.#rowHeight - this.#view);
  }

  /** @param {number} place */
  #topAt(place) {
    const [logical, physical] = [this.#maxTop, this.#maxPhysical];
    if (physical === logical) return place;
    const edge = physical / 8;
    if (place <= edge) return place;
    if (place >= physical - edge) return logical - (physical - place);
    return edge + ((place - edge) * (logical - 2 * edge)) / (physical - 2 * edge);
  }
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
