// Bundles the modules into the folder that is given, and prints what a browser has to load: the third one only where it has no storage.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const [folder] = process.argv.slice(2);
const modules = { 'sync-indexeddb': 'main.ts', 'sync-indexeddb.worker': 'worker.ts' };

// Each on its own: a chunk that both share would be one more to wait for. What is imported on demand is a chunk.
for (const [name, entry] of Object.entries(modules)) {
  await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: { [name]: entry },
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: 'sync-indexeddb.[name]',
    format: 'esm',
    target: 'es2023',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

for (const name of [...Object.keys(modules), 'sync-indexeddb.memory']) {
  const bytes = readFileSync(join(folder, `${name}.js`));
  console.log(`${name}.js: ${bytes.length} bytes, ${brotliCompressSync(bytes).length} with brotli`);
}
