// The gestures of the head: what needs an answer within a frame happens here, and C# hears of it once, at the end.

// Less is a click with an unsteady hand.
const DRAG_DISTANCE = 6;
// A finger that rests so long means the column, and not to scroll.
const LONG_PRESS_MS = 400;
const RESIZE_STEP = 16;
// Near an edge of what is visible, a dragged column takes the rows along.
const EDGE = 40;

/**
 * @param {HTMLElement} head
 * @param {any} gestures what C# is told: Resize(id, widths), ResetWidth(id), Move(id, place)
 * @param {number} minWidth CSS pixels
 */
export function watch(head, gestures, minWidth) {
  const grid = /** @type {HTMLElement} */ (head.closest('.collection-grid'));
  const row = /** @type {HTMLElement} */ (head.querySelector('[role=row]'));
  const listening = new AbortController();
  const { signal } = listening;
  /** @type {string | undefined} */
  let active;
  /** A column that was moved by the keyboard: an element that changes its place in the page loses the focus. */
  let isMovedByKey = false;
  /** Ends the gesture under way without any effect. */
  let cancel = () => {};

  const cells = () => /** @type {HTMLElement[]} */ ([...row.children]);
  const cellOf = (/** @type {EventTarget | null} */ target) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest('[role=columnheader]'));
  const focusable = (/** @type {HTMLElement} */ cell) => /** @type {HTMLElement} */ (cell.querySelector('.sort') ?? cell);
  const isRtl = () => getComputedStyle(row).direction === 'rtl';
  const widthOf = (/** @type {Element} */ cell) => cell.getBoundingClientRect().width;

  // One heading at a time can be reached by Tab, and after it its filter.
  function refresh() {
    const all = cells();
    const current = all.find(cell => cell.dataset.column === active) ?? all[0];
    for (const cell of all) {
      const index = cell === current ? 0 : -1;
      cell.tabIndex = -1;
      focusable(cell).tabIndex = index;
      const filter = /** @type {HTMLElement | null} */ (cell.querySelector('.filter'));
      if (filter) filter.tabIndex = index;
    }
    if (isMovedByKey && current.dataset.column === active) focusable(current).focus();
    isMovedByKey = false;
  }

  /** @param {HTMLElement} cell */
  function activate(cell) {
    active = cell.dataset.column;
    refresh();
  }

  /** The widths of the columns up to one, and its new one. */
  const widthsUpTo = (/** @type {HTMLElement} */ cell, /** @type {number} */ width) => {
    const all = cells();
    return [...all.slice(0, all.indexOf(cell)).map(widthOf), width];
  };

  /**
   * Columns before the edge stand still, so that it stays under the pointer; those after it share what is left.
   * @param {HTMLElement} cell
   * @param {number} width
   */
  function showWidth(cell, width) {
    const fixed = widthsUpTo(cell, width).map(value => `${value}px`);
    grid.style.setProperty('--columns', [...fixed, ...cells().slice(fixed.length).map(next => next.dataset.track)].join(' '));
  }

  const bounded = (/** @type {number} */ width) => Math.max(minWidth, Math.round(width));

  /**
   * @param {PointerEvent} down
   * @param {HTMLElement} cell
   */
  function resize(down, cell) {
    const start = widthOf(cell);
    const before = grid.style.getPropertyValue('--columns');
    const sign = isRtl() ? -1 : 1;
    let width = start;
    let frame = 0;
    const gesture = new AbortController();
    const handle = /** @type {HTMLElement} */ (down.target);
    handle.setPointerCapture(down.pointerId);
    grid.toggleAttribute('data-resizing', true);
    const end = () => {
      cancelAnimationFrame(frame);
      gesture.abort();
      grid.removeAttribute('data-resizing');
      cancel = () => {};
    };
    cancel = () => {
      end();
      grid.style.setProperty('--columns', before);
    };
    handle.addEventListener('pointermove', move => {
      width = bounded(start + sign * (move.clientX - down.clientX));
      if (!frame) {
        frame = requestAnimationFrame(() => {
          frame = 0;
          showWidth(cell, width);
        });
      }
    }, { signal: gesture.signal });
    handle.addEventListener('pointerup', () => {
      end();
      if (width === start) return;
      showWidth(cell, width);
      gestures.invokeMethodAsync('Resize', cell.dataset.column, widthsUpTo(cell, width));
    }, { signal: gesture.signal });
    handle.addEventListener('pointercancel', () => cancel(), { signal: gesture.signal });
  }

  /**
   * @param {PointerEvent} down
   * @param {HTMLElement} cell
   */
  function press(down, cell) {
    const gesture = new AbortController();
    const { signal: pressed } = gesture;
    const isTouch = down.pointerType === 'touch';
    const scroller = /** @type {HTMLElement} */ (row.closest('[role=grid]'));
    const scrolledAt = scroller.scrollLeft;
    const place = cells().indexOf(cell);
    let isDragging = false;
    let to = place;
    const longPress = isTouch ? setTimeout(() => begin(), LONG_PRESS_MS) : 0;

    const end = () => {
      clearTimeout(longPress);
      gesture.abort();
      cell.style.translate = '';
      grid.removeAttribute('data-moving');
      for (const other of cells()) {
        other.removeAttribute('data-dragged');
        other.removeAttribute('data-drop');
      }
      cancel = () => {};
    };
    cancel = end;

    function begin() {
      isDragging = true;
      grid.toggleAttribute('data-moving', true);
      cell.toggleAttribute('data-dragged', true);
    }

    /** @param {PointerEvent} move */
    function drag(move) {
      const bounds = scroller.getBoundingClientRect();
      if (move.clientX < bounds.left + EDGE) scroller.scrollLeft -= EDGE / 4;
      else if (move.clientX > bounds.right - EDGE) scroller.scrollLeft += EDGE / 4;
      cell.style.translate = `${move.clientX - down.clientX + scroller.scrollLeft - scrolledAt}px 0`;
      const rtl = isRtl();
      const others = cells().filter(other => other !== cell);
      to = others.filter(other => {
        const { left, width } = other.getBoundingClientRect();
        const middle = left + width / 2;
        return rtl ? middle > move.clientX : middle < move.clientX;
      }).length;
      others.forEach((other, i) => {
        if (to !== place && i === to) other.dataset.drop = 'before';
        else if (to !== place && i === to - 1 && to === others.length) other.dataset.drop = 'after';
        else other.removeAttribute('data-drop');
      });
    }

    // On the document: a pointer that is captured makes the click land on the capturing element.
    document.addEventListener('pointermove', move => {
      if (move.pointerId !== down.pointerId) return;
      const distance = Math.abs(move.clientX - down.clientX);
      if (!isDragging && distance > DRAG_DISTANCE) {
        if (isTouch) return end();
        begin();
      }
      if (isDragging) drag(move);
    }, { signal: pressed });
    document.addEventListener('pointerup', up => {
      if (up.pointerId !== down.pointerId) return;
      const wasDragging = isDragging;
      end();
      if (!wasDragging) return;
      // The end of a drag is no click on the heading.
      const swallow = (/** @type {Event} */ click) => {
        click.preventDefault();
        click.stopPropagation();
      };
      document.addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => document.removeEventListener('click', swallow, { capture: true }));
      if (to !== place) gestures.invokeMethodAsync('Move', cell.dataset.column, to);
    }, { signal: pressed });
    document.addEventListener('pointercancel', () => end(), { signal: pressed });
    // A finger that drags a column does not scroll.
    row.addEventListener('touchmove', move => isDragging && move.preventDefault(), { passive: false, signal: pressed });
    row.addEventListener('contextmenu', menu => isTouch && menu.preventDefault(), { signal: pressed });
  }

  row.addEventListener('pointerdown', down => {
    const cell = cellOf(down.target);
    if (!cell || down.button !== 0 || !down.isPrimary) return;
    cancel();
    const target = /** @type {Element} */ (down.target);
    if (target.classList.contains('resize')) resize(down, cell);
    else if (!target.closest('.filter')) press(down, cell);
  }, { signal });

  row.addEventListener('dblclick', click => {
    const cell = cellOf(click.target);
    if (cell && /** @type {Element} */ (click.target).classList.contains('resize')) gestures.invokeMethodAsync('ResetWidth', cell.dataset.column);
  }, { signal });

  row.addEventListener('focusin', focus => {
    const cell = cellOf(focus.target);
    if (cell) activate(cell);
  }, { signal });

  row.addEventListener('keydown', key => {
    const cell = cellOf(key.target);
    if (!cell || key.metaKey) return;
    const all = cells();
    const place = all.indexOf(cell);
    const isArrow = key.key === 'ArrowLeft' || key.key === 'ArrowRight';
    const step = (key.key === 'ArrowRight') === isRtl() ? -1 : 1;
    const id = cell.dataset.column;
    if (isArrow && key.altKey && !key.ctrlKey && !key.shiftKey) {
      const width = bounded(widthOf(cell) + step * RESIZE_STEP);
      gestures.invokeMethodAsync('Resize', id, widthsUpTo(cell, width));
    } else if (isArrow && key.ctrlKey && key.shiftKey && !key.altKey) {
      const to = Math.min(Math.max(place + step, 0), all.length - 1);
      if (to !== place) {
        isMovedByKey = true;
        gestures.invokeMethodAsync('Move', id, to);
      }
    } else if (key.key === 'ArrowDown' && key.altKey) {
      /** @type {HTMLElement | null} */ (cell.querySelector('.filter'))?.click();
    } else if (key.key === 'Enter' && key.shiftKey && !key.altKey && !key.ctrlKey) {
      if (/** @type {Element} */ (key.target).classList.contains('sort')) key.target?.dispatchEvent(new MouseEvent('click', { bubbles: true, shiftKey: true }));
    } else if (key.altKey || key.ctrlKey || key.shiftKey) {
      return;
    } else if (key.key === 'ArrowDown') {
      // Into the rows: to the cell that the keyboard was at.
      const scroller = /** @type {HTMLElement} */ (row.closest('[role=grid]'));
      (/** @type {HTMLElement | null} */ (scroller.querySelector('[role=gridcell][tabindex="0"]')) ?? scroller).focus();
    } else if (isArrow) {
      focusable(all[place + step] ?? cell).focus();
    } else if (key.key === 'Home' || key.key === 'End') {
      focusable(/** @type {HTMLElement} */ (all.at(key.key === 'Home' ? 0 : -1))).focus();
    } else {
      return;
    }

    key.preventDefault();
    key.stopPropagation();
  }, { signal });

  document.addEventListener('keydown', key => key.key === 'Escape' && cancel(), { signal });

  // The place of a panel is that of what has opened it. It is known before the panel is shown: no jump.
  grid.addEventListener('beforetoggle', event => {
    const toggle = /** @type {ToggleEvent} */ (event);
    const panel = /** @type {HTMLElement} */ (event.target);
    if (toggle.newState !== 'open' || !panel.classList.contains('panel')) return;
    const openers = /** @type {HTMLElement[]} */ ([...grid.querySelectorAll(`[popovertarget="${CSS.escape(panel.id)}"]`)]);
    const opener = openers.find(button => button === /** @type {any} */ (toggle).source || button === document.activeElement) ?? openers[0];
    const { left, right, bottom } = opener.getBoundingClientRect();
    const { innerWidth } = window;
    panel.style.insetBlockStart = `${bottom + 4}px`;
    panel.style.maxBlockSize = `calc(100dvh - ${bottom + 12}px)`;
    // Its width is 17rem, or what there is.
    const width = Math.min(17 * parseFloat(getComputedStyle(document.documentElement).fontSize), innerWidth - 16);
    const wanted = isRtl() ? right - width : left;
    panel.style.left = `${Math.min(Math.max(wanted, 8), innerWidth - width - 8)}px`;
  }, { capture: true, signal });

  grid.addEventListener('toggle', event => {
    const panel = /** @type {HTMLElement} */ (event.target);
    if (/** @type {ToggleEvent} */ (event).newState === 'open' && panel.classList.contains('panel'))
      // Choices may still be on their way: Tab then leads to the first.
      /** @type {HTMLElement} */ (panel.querySelector('input, select') ?? panel).focus();
  }, { capture: true, signal });

  refresh();
  return {
    refresh,
    stop() {
      cancel();
      listening.abort();
    },
  };
}
