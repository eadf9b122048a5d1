import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';
import { world } from './world.js';

// What the bundle contains of others, with the notices that their licences ask for.
const parts = [
  ['Apache ECharts (Apache-2.0, http://www.apache.org/licenses/LICENSE-2.0)', 'echarts/NOTICE'],
  ['d3, in parts of ECharts', 'echarts/licenses/LICENSE-d3'],
  ['zrender', 'zrender/LICENSE'],
  ['tslib', 'tslib/LICENSE.txt'],
];

function notices() {
  const texts = parts.map(([name, file]) => `${name}\n\n${readFileSync(`node_modules/${file}`, 'utf8').trim()}`);
  return `/*!\nThis script contains:\n\n${texts.join('\n\n')}\n*/\n`;
}

// One script and one style sheet under fixed names: Go embeds them, and a report
// carries both inside itself. The script is a classic one, so that it also runs from
// a file that was opened without a server.
export default defineConfig({
  define: { 'process.env.NODE_ENV': JSON.stringify('production') }, // a library build leaves it to its user
  plugins: [
    {
      name: 'notices',
      generateBundle(_, bundle) {
        for (const part of Object.values(bundle)) if (part.type === 'chunk') part.code = notices() + part.code;
        this.emitFile({ type: 'asset', fileName: 'world.json', source: JSON.stringify(world()) });
      },
    },
  ],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false, // dist/.gitkeep is committed
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    lib: {
      entry: 'src/main.ts',
      name: 'banshift',
      formats: ['iife'],
      fileName: () => 'banshift.js',
      cssFileName: 'banshift',
    },
  },
});
