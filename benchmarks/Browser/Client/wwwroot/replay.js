/**
 * Replays recorded scrolling in a grid, and looks at each frame as it is about to be painted.
 *
 * The place is set between two frames, so that the browser tells the grid before the frame in which a person sees it,
 * as it does with input; frames that come late are skipped in the trace, as a person's hand does not wait. What a
 * compositor may scroll by itself while the page is busy is not seen here: the longest gap between frames bounds it.
 */
import { Grid, ROW_HEIGHT, until } from './grids.js';
import { parseTrace } from './trace.js';

/** Speed, in rows a second, up to which a person reads. */
const READABLE = 120;

/** Rest after which what is on screen counts as settled to, in ms: two frames. */
const REST = 34;

let grid;
let keys;

/** Opens a grid's page, and what it has to show. */
export async function open(address) {
  grid = await Grid.open(address);
  keys = await readKeys('');
  await scrollAbout();
  return { milliseconds: [], seen: [] };
}

/** Replays one trace. */
export async function trace(name) {
  const response = await fetch(`traces/${name}`);
  if (!response.ok) throw new Error(`There is no trace '${name}': ${response.status}.`);
  const visible = visibleRows();
  const points = parseTrace(await response.text(), keys.length, visible);
  await placeAt(points[0].row);
  await settled();

  const film = new Film(visible);
  const fetchedBefore = grid.fetched;
  const settles = [];
  let row = points[0].row;
  let shown = Math.ceil(visible);
  let moved = 0;
  let waits = false;
  let firstFrame = NaN;
  let settle = NaN;
  let rests = false;
  const start = performance.now();
  for (let next = 0, last = start; ;) {
    const now = performance.now();
    let to = row;
    while (next < points.length && points[next].ms <= now - start) to = points[next++].row;
    const distance = to - row;
    if (distance !== 0) {
      if (waits && rests) settles.push(now - firstFrame);
      scrollBy(row, to);
      row = to;
      shown += Math.min(Math.abs(distance), visible);
      [moved, waits, firstFrame, settle] = [now, true, NaN, NaN];
    }
    const frame = await film.next(Math.abs(distance) / Math.max(1, now - last) * 1000);
    last = now;
    rests = frame.time - moved > REST;
    if (Number.isNaN(firstFrame)) firstFrame = frame.time;
    if (frame.isWhole && Number.isNaN(settle)) settle = frame.time - firstFrame;
    if (waits && rests && !Number.isNaN(settle)) {
      settles.push(settle);
      waits = false;
    }
    if (next === points.length && !waits && rests) break;
    if (frame.time - moved > 15_000 && next === points.length) throw new Error(`${name}: 15 s after scrolling has ended, rows are still missing: ${missing()}`);
  }
  await idle();
  const fetched = grid.fetched - fetchedBefore;
  film.end();
  return {
    milliseconds: settles,
    seen: [],
    figures: { ...film.figures, fetched, shown, frames: film.frames },
  };
}

/** Goes to the middle. */
export async function goToMiddle() {
  keys = await readKeys('');
  await placeAt(Math.floor(keys.length / 2));
  await settled();
  return { milliseconds: [], seen: [] };
}

/** Stays there while rows come in: how far what is read there moves. */
export async function stay(seconds) {
  const film = new Film(visibleRows());
  const before = grid.stored;
  const top = grid.viewport.top;
  const anchor = grid.rows().find(row => row.top >= top);
  let drift = 0;
  let lost = 0;
  for (const start = performance.now(); performance.now() - start < seconds * 1000;) {
    await film.next(0);
    const now = grid.rows().find(row => row.key === anchor.key);
    if (now) drift = Math.max(drift, Math.abs(now.top - anchor.top));
    else lost++;
  }
  film.end();
  const { longest_gap_ms, long_tasks, blank_rows } = film.figures;
  return { milliseconds: [], seen: [], figures: { drift_px: drift, frames_without_anchor: lost, arrived: grid.stored - before, frames: film.frames, blank_rows, longest_gap_ms, long_tasks } };
}

/** Sorts and filters, one after the other: from the choice to the first frame with the new rows, all of them right. */
export async function choose(choices) {
  const milliseconds = [];
  let blank = 0;
  await placeAt(0);
  await settled();
  const film = new Film(visibleRows());
  for (const [sort, platform, order] of choices) {
    const wanted = await readKeys(`?sort=${sort}&platform=${encodeURIComponent(platform)}&order=${order}&count=200`);
    await film.next(0);
    await idle();
    keys = wanted;
    const start = performance.now();
    grid.choose(sort, platform);
    for (let whole = false; !whole;) {
      const frame = await film.next(0);
      if (frame.blank > 0) blank++;
      whole = frame.isWhole && frame.first === 0;
      if (whole) milliseconds.push(frame.time - start);
      if (frame.time - start > 30_000) throw new Error(`30 s after sort '${sort}', platform '${platform}' the rows are not there: ${missing()}`);
    }
  }
  film.end();
  return { milliseconds, seen: [], figures: { blank_frames: blank, longest_gap_ms: film.figures.longest_gap_ms, long_tasks: film.figures.long_tasks } };
}

/** Looks at each frame. */
class Film {
  frames = 0;
  #visible;
  #probe;
  #observer;
  #resolve;
  #speed = 0;
  #last = NaN;
  #tasks;
  #totals = { blank: 0, slots: 0, readableBlank: 0, readableSlots: 0, wrong: 0, gap: 0, longTasks: 0, longestTask: 0 };

  constructor(visible) {
    this.#visible = visible;
    // What observes sizes is called when a frame is laid out, after all that scripts do in it, and before it is painted.
    this.#probe = grid.window.document.body.appendChild(grid.window.document.createElement('div'));
    this.#probe.style.cssText = 'position:fixed;inline-size:1px;block-size:1px;visibility:hidden';
    this.#observer = new grid.window.ResizeObserver(() => this.#look());
    this.#observer.observe(this.#probe);
    this.#tasks = new grid.window.PerformanceObserver(list => this.#addTasks(list.getEntries()));
    this.#tasks.observe({ type: 'longtask' });
  }

  /** The next frame, and the task after it. */
  async next(speed) {
    this.#speed = speed;
    const looked = new Promise(resolve => this.#resolve = resolve);
    grid.window.requestAnimationFrame(() => this.#probe.style.inlineSize = this.#probe.style.inlineSize === '1px' ? '2px' : '1px');
    const frame = await looked;
    await new Promise(resolve => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
    return frame;
  }

  end() {
    this.#addTasks(this.#tasks.takeRecords());
    this.#tasks.disconnect();
    this.#observer.disconnect();
    this.#probe.remove();
  }

  get figures() {
    const { blank, slots, readableBlank, readableSlots, wrong, gap, longTasks, longestTask } = this.#totals;
    return {
      blank_percent: 100 * blank / Math.max(1, slots),
      blank_readable_percent: 100 * readableBlank / Math.max(1, readableSlots),
      blank_rows: blank,
      wrong_rows: wrong,
      longest_gap_ms: gap,
      long_tasks: longTasks,
      longest_task_ms: longestTask,
    };
  }

  #look() {
    const resolve = this.#resolve;
    if (!resolve) return;
    this.#resolve = undefined;
    const time = performance.now();
    const { blank, wrong, first } = look(this.#visible);
    const totals = this.#totals;
    totals.blank += blank;
    totals.slots += this.#visible;
    totals.wrong += wrong;
    if (this.#speed <= READABLE) {
      totals.readableBlank += blank;
      totals.readableSlots += this.#visible;
    }
    if (!Number.isNaN(this.#last)) totals.gap = Math.max(totals.gap, time - this.#last);
    this.#last = time;
    this.frames++;
    resolve({ time, blank, first, isWhole: blank === 0 && wrong === 0 });
  }

  #addTasks(tasks) {
    for (const { duration } of tasks) {
      this.#totals.longTasks++;
      this.#totals.longestTask = Math.max(this.#totals.longestTask, duration);
    }
  }
}

/** Rows of the screen without a row on them, rows that are not those of their position, and the first position. */
function look(visible) {
  const { top, bottom } = grid.viewport;
  let covered = 0;
  let wrong = 0;
  let end = top;
  let first = -1;
  let last = -1;
  for (const row of grid.rows()) {
    if (row.bottom <= top || row.top >= bottom) continue;
    if (first < 0) first = row.position;
    if (keys[row.position] !== row.key || (last >= 0 && row.position !== last + 1 && row.top < end + 1)) wrong++;
    last = row.position;
    covered += Math.max(0, Math.min(row.bottom, bottom) - Math.max(row.top, end));
    end = Math.max(end, row.bottom);
  }
  // Below the last row there is nothing to show, and a line between two rows is no blank.
  const limit = last === keys.length - 1 ? end : Math.min(bottom, top + keys.length * ROW_HEIGHT);
  const blank = (limit - top - covered) / ROW_HEIGHT;
  return { blank: blank < 0.25 ? 0 : Math.min(blank, visible), wrong, first };
}

function missing() {
  const { top, bottom } = grid.viewport;
  const on = grid.rows().filter(row => row.bottom > top && row.top < bottom);
  const { blank, wrong } = look(visibleRows());
  return `${blank} rows blank, ${wrong} wrong; on screen are ${on.map(row => `${row.position}:${row.key}`).slice(0, 3)}, where ${on.map(row => keys[row.position]).slice(0, 3)} have to be.`;
}

const visibleRows = () => {
  const { top, bottom } = grid.viewport;
  return (bottom - top) / ROW_HEIGHT;
};

/** Near places are so many pixels away, as a wheel or a finger goes; far ones a part of the whole, as a scrollbar goes. */
function scrollBy(from, to) {
  const { scroller } = grid;
  if (Math.abs(to - from) <= visibleRows()) scroller.scrollTop += Math.round(to * ROW_HEIGHT) - Math.round(from * ROW_HEIGHT);
  else jumpTo(to);
}

function jumpTo(row) {
  const { scroller } = grid;
  const range = scroller.scrollHeight - scroller.clientHeight;
  scroller.scrollTop = range * Math.min(1, row / Math.max(1, keys.length - visibleRows()));
}

async function placeAt(row) {
  jumpTo(row);
  await idle();
}

/** Until everything on screen is right and nothing moves any more. */
async function settled() {
  await until(() => {
    const { blank, wrong } = look(visibleRows());
    return blank === 0 && wrong === 0;
  }, `The rows do not come to rest: ${missing()}`, 15);
  await idle();
}

/** What is under way has an end. */
const idle = () => new Promise(resolve => setTimeout(resolve, 300));

/** Code is compiled, or met by the interpreter for the first time, before anybody looks. */
async function scrollAbout() {
  for (let i = 0; i < 40; i++) {
    grid.scroller.scrollTop += i % 10 === 9 ? 5000 : 90;
    await new Promise(requestAnimationFrame);
  }
  await placeAt(0);
  await settled();
}

async function readKeys(query) {
  const response = await fetch(`/keys${query}`);
  if (!response.ok) throw new Error(`The keys that are to be seen cannot be had: ${response.status}.`);
  return new Float64Array(await response.arrayBuffer());
}
