// Bundles the two modules into the folder that is given, and prints what a browser has to load.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const [folder] = process.argv.slice(2);
const modules = { 'sync-indexeddb': 'main.ts', 'sync-indexeddb.worker': 'worker.ts' };

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: modules,
  outdir: folder,
  bundle: true,
  format: 'esm',
  target: 'es2023',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});

for (const name of Object.keys(modules)) {
  const bytes = readFileSync(join(folder, `${name}.js`));
  console.log(`${name}.js: ${bytes.length} bytes, ${brotliCompressSync(bytes).length} with brotli`);
}
