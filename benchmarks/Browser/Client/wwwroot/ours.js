import { measure, memory } from './measure.js';
import { scrollWhile } from './scroll.js';

const invoke = (operation, ...args) => DotNet.invokeMethodAsync('Collection.Benchmarks.Browser.Client', operation, ...args);
const operations = {
  memory: () => memory(() => getDotnetRuntime(0).localHeapViewU8().buffer.byteLength),
  syncScroll: count => scrollWhile(() => invoke('firstSync'), offset => invoke('namesFrom', offset, count)),
};

await Blazor.start();
window.run = ([operation, ...args]) => measure(() => operations[operation]?.(...args) ?? invoke(operation, ...args));
