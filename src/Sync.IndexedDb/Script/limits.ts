/** Where the layout of what is stored changes. Tests make all of these smaller, so that few rows meet them. */
export const limits = {
  /** Segments of up to this size keep their rows: a screen of scattered rows would have to read too much of a larger one, and memory to hold it. */
  smallChanges: 2048,
  smallBytes: 512 * 1024,
  /** Small segments that a start reads without noticing; more are merged, and beyond these sizes their rows go into blocks. */
  tailSegments: 32,
  tailChanges: 4096,
  tailBytes: 1024 * 1024,
  /** Rows that compaction writes in one transaction: some ten milliseconds' work. */
  chunkRows: 4096,
  /** Fewer dead rows than this, some hundred kilobytes, are not worth a thought. */
  deadRows: 1024,
  /** Segments beyond what a collection of its size needs: each has records of its own to be read at a start. */
  spareSegments: 64,
  /** What a collection keeps in memory of columns, orders and joined texts, in bytes: all of 200,000 rows with seven short ones. Keys and versions are not counted. */
  columnBytes: 64 * 1024 * 1024,
  /** Orders of fewer rows than this are made anew sooner than they are read. */
  orderRows: 10_000,
  /** The shortest time from saving first windows to saving them again, in milliseconds: while rows come live, they change all the time. */
  saveGap: 5000,
  /** Milliseconds without a request before the next blocks are read ahead or the next chunk is written, and before any of that begins. */
  pause: 50,
  rest: 500,
};

export type Limits = typeof limits;
