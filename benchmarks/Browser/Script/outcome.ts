/** What an operation took, and what it saw, for the driver to check against SQL. */
export interface Outcome {
  milliseconds: number[];
  seen: number[];
}

/** Nothing that counts. */
export const NOTHING: Outcome = { milliseconds: [], seen: [] };

/** Adds the time of an action to an outcome. */
export async function time<T>(outcome: Outcome, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await action();
  outcome.milliseconds.push(performance.now() - start);
  return result;
}
