/** What is the same in all grids under test, told from their elements alone: nobody is asked what it shows. */

/** Rows are this high in every grid, in CSS pixels. */
export const ROW_HEIGHT = 32;

/** A grid in a frame of its own: it has the page to itself, and the clock and the frames are those of this page. */
export class Grid {
  /** Opens a grid's page, and waits until its first rows are there and every row is in its store. */
  static async open(address) {
    document.querySelector('iframe')?.remove();
    const frame = document.body.appendChild(document.createElement('iframe'));
    frame.src = address;
    const grid = new Grid(frame);
    await until(() => grid.#scroller() && grid.rows().length > 5 && grid.#isComplete(), `${address} shows no rows, or its first sync does not end`);
    return grid;
  }

  #frame;
  #found;

  constructor(frame) {
    this.#frame = frame;
  }

  get window() {
    return this.#frame.contentWindow;
  }

  get #document() {
    return this.#frame.contentDocument;
  }

  get scroller() {
    return this.#scroller();
  }

  /** Where rows begin and end on screen, below a heading. */
  get viewport() {
    const box = this.scroller.getBoundingClientRect();
    const head = this.#document.querySelector('[role=columnheader], th')?.getBoundingClientRect();
    const top = Math.max(box.top, head?.bottom ?? 0);
    return { top, bottom: box.top + this.scroller.clientHeight };
  }

  /** Rows read from the store so far. */
  get fetched() {
    return this.window.peer?.fetched() ?? Number(this.#document.querySelector('[data-fetched]').dataset.fetched);
  }

  /** Rows in the store, where somebody puts more into it. */
  get stored() {
    return Number(this.#document.querySelector('[data-stored]')?.dataset.stored ?? 0);
  }

  /** The rows with something in them, from the first on: their position from 0, their key, and where they are. */
  rows() {
    const rows = [];
    for (const element of this.#document.querySelectorAll('[role=row][aria-rowindex], .rz-data-row')) {
      const cells = element.querySelectorAll('[role=gridcell], td');
      const key = Number(cells[0]?.textContent || NaN);
      if (Number.isNaN(key)) continue;
      const { top, bottom } = element.getBoundingClientRect();
      rows.push({ position: positionOf(element, cells), key, top, bottom });
    }
    return rows.sort((a, b) => a.top - b.top);
  }

  /** Sorts and filters as a person does, at the page's own controls, or by the peer's call. */
  choose(sort, platform) {
    if (this.window.peer) return void this.window.peer.choose(sort, platform);
    for (const [name, value] of [['sort', sort], ['platform', platform]]) {
      const select = this.#document.querySelector(`select[name=${name}]`);
      if (select.value === value) continue;
      select.value = value;
      if (select.value !== value) throw new Error(`The page has nothing to choose for ${name} = '${value}'.`);
      select.dispatchEvent(new this.window.Event('change', { bubbles: true }));
    }
  }

  #isComplete() {
    return this.window.peer || this.#document.querySelector('[data-complete=true]') !== null;
  }

  // The one element with rows in it that scrolls down.
  #scroller() {
    if (this.#found?.isConnected) return this.#found;
    const all = [...this.#document?.querySelectorAll('main *') ?? []];
    return this.#found = all.find(element =>
      element.scrollHeight > element.clientHeight + 10 * ROW_HEIGHT && element.clientHeight > 10 * ROW_HEIGHT && /auto|scroll/.test(this.window.getComputedStyle(element).overflowY));
  }
}

// ARIA counts from one, and a heading is a row; RadzenDataGrid says nothing, so that our page has a column for it.
function positionOf(element, cells) {
  if (element.hasAttribute('row-index')) return Number(element.getAttribute('row-index'));
  if (element.hasAttribute('aria-rowindex')) return Number(element.getAttribute('aria-rowindex')) - 2;
  return Number(cells[1].textContent) - 1;
}

export async function until(condition, problem, seconds = 120) {
  for (const start = performance.now(); ;) {
    if (condition()) return;
    if (performance.now() - start > seconds * 1000) throw new Error(`${problem}: waited ${seconds} s.`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
