/** Builds the page as one plain script and one style sheet, which also open from a file: modules would not. */
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [
    {
      name: 'plain-script',
      enforce: 'post',
      transformIndexHtml: (html) => html.replace('type="module" crossorigin', 'defer').replace(' crossorigin', ''),
    },
  ],
  build: {
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rolldownOptions: {
      output: { format: 'iife', entryFileNames: 'page.js', assetFileNames: 'page.[ext]' },
    },
  },
})
