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

/**
 * What the scripts of the page and of its workers hold, in MiB, array buffers included, as the browser knows it after a
 * collection of garbage; and the memory of WebAssembly, which the browser leaves out, as its owner knows it. The browser
 * answers only pages that are isolated (COOP and COEP).
 */
export async function memory(wasmBytes) {
  const { breakdown } = await performance.measureUserAgentSpecificMemory();
  const figures = { page_mib: 0, worker_mib: 0, wasm_mib: await wasmBytes() / 2 ** 20 };
  for (const { bytes, attribution, types } of breakdown) {
    if (!types.includes('JavaScript')) continue;
    const isWorker = attribution.some(({ scope }) => scope === 'DedicatedWorkerGlobalScope');
    figures[isWorker ? 'worker_mib' : 'page_mib'] += bytes / 2 ** 20;
  }
  return { milliseconds: [], seen: [], figures };
}
