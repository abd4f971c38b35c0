/**
 * Runs one operation and adds to its outcome whose it is (the title of the page), and the longest task of the main
 * thread in ms: how long a person may have waited for an answer to a click. Zero means that none took 50 ms, below
 * which the browser reports nothing.
 */
export async function measure(operation) {
  const tasks = [];
  const observer = new PerformanceObserver(list => tasks.push(...list.getEntries()));
  observer.observe({ type: 'longtask' });
  const outcome = await operation();
  // A task is reported after it has ended, so let this one end first.
  await new Promise(resolve => setTimeout(resolve, 100));
  tasks.push(...observer.takeRecords());
  observer.disconnect();
  return { ...outcome, side: document.title, longestTask: Math.max(0, ...tasks.map(task => task.duration)) };
}
