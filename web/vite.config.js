import { defineConfig } from 'vite';

// One script and one style sheet under fixed names: Go embeds them, and a report
// carries both inside itself. The script is a classic one, so that it also runs from
// a file that was opened without a server.
export default defineConfig({
  define: { 'process.env.NODE_ENV': JSON.stringify('production') }, // a library build leaves it to its user
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
