/** Pixels a row in recordings: tests/Scrolling/traces/README.md. */
const RECORDED_ROW_HEIGHT = 36;

/** A trace as `{ ms, row }`, for a table of so many rows of which so many are visible. */
export function parseTrace(text, rows, visible) {
  const [heading, ...lines] = text.split('\n').filter(line => line && !line.startsWith('#'));
  const unit = heading.trim().split(',')[1];
  if (unit !== 'px' && unit !== 'share') throw new Error(`A trace in '${unit}' cannot be read; it has to be in px or share.`);
  const last = Math.max(0, rows - visible);
  return lines.map(line => {
    const [ms, place] = line.split(',').map(Number);
    return { ms, row: Math.min(last, unit === 'px' ? place / RECORDED_ROW_HEIGHT : place * last) };
  });
}
