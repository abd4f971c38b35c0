import { measure } from './measure.js';

await Blazor.start();
window.run = ([operation, ...args]) =>
  measure(() => DotNet.invokeMethodAsync('Collection.Benchmarks.Browser.Client', operation, ...args));
