/** The rows that a list shows at once, and by how many it goes on with each frame. */
const SHOWN = 30;
const STEP = 30;

/**
 * Scrolls a list, drawn in each frame from what has been read last, until a sync has ended. Adds the longest time between
 * two frames in ms, the number of frames, and how often rows were read.
 * `read` has the names of the rows from an offset on.
 */
export async function scrollWhile(sync, read) {
  const lines = Array.from({ length: SHOWN }, () => document.body.appendChild(document.createElement('div')));
  const figures = { longest_gap_ms: 0, frames: 0, reads: 0 };
  let names = [];
  let isReading = false;
  let hasEnded = false;
  const syncing = sync().finally(() => hasEnded = true);
  for (let last = await frame(); !hasEnded; figures.frames++) {
    const now = await frame();
    figures.longest_gap_ms = Math.max(figures.longest_gap_ms, now - last);
    last = now;
    lines.forEach((line, i) => line.textContent = names[i] ?? '');
    if (isReading) continue;
    isReading = true;
    read(1 + figures.frames * STEP).then(read => {
      names = read;
      figures.reads++;
    }, () => {
      // The end of the sync, which closes what it has opened, may overtake a read.
    }).finally(() => isReading = false);
  }
  lines.forEach(line => line.remove());
  return { ...await syncing, figures };
}

const frame = () => new Promise(requestAnimationFrame);
